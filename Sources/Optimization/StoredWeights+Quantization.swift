import ModelGraph
import Runtime

extension StoredWeights {
    /// Elements of the memory to quantize in: as much as a core's own cache holds beside what is made of them.
    static let windowSize = 1 << 16

    /// Quantizes the weights, with a scale for each channel.
    ///
    /// Channels that stand one behind the other are measured right before they are quantized, so that they are read from
    /// memory once.
    ///
    /// - Parameters:
    ///   - factors: for each channel, what the weights are multiplied by before their errors are told.
    ///   - memory: `windowSize` elements to work in.
    ///   - integers: memory for all.
    func quantize(
        factors: [Float], in memory: UnsafeMutableBufferPointer<Float>, into integers: UnsafeMutableBufferPointer<Int8>
    ) -> (scales: [Float], comparison: WeightComparison) {
        let count = arrangement.count
        var comparison = WeightComparison(count: count)
        var scales = ChannelScales(arrangement)
        var window = WeightWindow(self, in: memory)
        withParts(scaling: factors.contains { $0 != 1 }) { parts in
            for start in stride(from: 0, to: count, by: Self.blockSize) {
                let end = min(start + Self.blockSize, count)
                scales.measure(from: start, through: end, in: &window)
                guard let values = window.values(from: start, through: end) else {
                    preconditionFailure("a window holds less than a block")
                }
                let block = UnsafeMutableBufferPointer(rebasing: integers[start..<end])
                let after = UnsafeMutableBufferPointer(rebasing: parts[0].prefix(values.count))
                scales.scales.withUnsafeBufferPointer { scales in
                    WeightArithmetic.quantize(values, from: start, in: arrangement.layout, scales: scales, into: block)
                }
                dequantize(UnsafeRawBufferPointer(block), from: start, (scales.scales, scales.zeroPoints), into: after)
                comparison.countZeros(before: values, after: UnsafeBufferPointer(after))
                comparison.addErrors(
                    before: arrangement.scaled(values, from: start, by: factors, in: parts[1]),
                    after: arrangement.scaled(UnsafeBufferPointer(after), from: start, by: factors, in: parts[2]))
            }
        }
        return (WeightQuantizer.scales(scales.magnitudes), comparison)
    }
}

/// The scales of channels as far as they have been measured.
private struct ChannelScales {
    private let arrangement: WeightArrangement
    private(set) var magnitudes: [Float]
    /// A channel of zeros, whose integers are zeros with any scale, has 1 until all are known.
    private(set) var scales: [Float]
    let zeroPoints: [Float]
    /// Elements that have been looked at.
    private var measured = 0

    init(_ arrangement: WeightArrangement) {
        self.arrangement = arrangement
        magnitudes = Array(repeating: 0, count: arrangement.channels)
        scales = magnitudes
        zeroPoints = magnitudes
    }

    /// Measures the channels of the elements before `end` that are not known yet.
    ///
    /// - Parameters:
    ///   - start: what the window is still needed from.
    ///   - window: is read from if it is large enough.
    mutating func measure(from start: Int, through end: Int, in window: inout WeightWindow) {
        guard measured < end else { return }
        // Only then a channel's elements all stand together.
        let isContiguous = arrangement.outer == 1
        let run = arrangement.inner
        let next = isContiguous ? (end - 1) / run * run + run : arrangement.count
        magnitudes.withUnsafeMutableBufferPointer { largest in
            if let values = window.values(from: start, through: next) {
                let new = UnsafeBufferPointer(rebasing: values[(measured - start)...])
                WeightArithmetic.raise(largest, toMagnitudesOf: new, from: measured, in: arrangement.layout)
            } else {
                window.weights.forEachBlock(of: measured..<next) { start, values in
                    WeightArithmetic.raise(largest, toMagnitudesOf: values, from: start, in: arrangement.layout)
                }
            }
        }
        for channel in isContiguous ? measured / run..<next / run : magnitudes.indices {
            scales[channel] = WeightQuantizer.scale(magnitudes[channel], layersLargest: magnitudes[channel])
        }
        measured = next
    }
}

/// A part of a layer's weights in memory, which moves on as they are worked off.
private struct WeightWindow {
    let weights: StoredWeights
    private let memory: UnsafeMutableBufferPointer<Float>
    private var elements = 0..<0
    private var progress: StoredWeights.Progress

    /// - Parameter memory: for all elements that are there at once.
    init(_ weights: StoredWeights, in memory: UnsafeMutableBufferPointer<Float>) {
        self.weights = weights
        self.memory = memory
        progress = StoredWeights.Progress(of: weights, from: 0)
    }

    /// Some weights, valid until the next call, which may not ask for any before `start`.
    ///
    /// - Returns: nil if they are too many.
    mutating func values(from start: Int, through end: Int) -> UnsafeBufferPointer<Float>? {
        guard end - start <= memory.count else { return nil }
        if end > elements.upperBound {
            let kept = max(start, elements.lowerBound)..<max(start, elements.upperBound)
            if !kept.isEmpty, let base = memory.baseAddress {
                base.update(from: base + (kept.lowerBound - elements.lowerBound), count: kept.count)
            }
            let next = min(start + memory.count, weights.arrangement.count)
            weights.read(
                kept.upperBound..<next,
                into: UnsafeMutableBufferPointer(rebasing: memory[kept.count..<next - start]))
            progress.advance(to: next, of: weights.arrangement.count)
            elements = start..<next
        }
        let place = start - elements.lowerBound
        return UnsafeBufferPointer(rebasing: memory[place..<place + end - start])
    }
}
