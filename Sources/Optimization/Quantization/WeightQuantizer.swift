import ModelGraph
import Runtime
import Synchronization

/// Quantizes the weights of linear operators: int8 in [-127, 127], zero point 0, a scale for each output channel or one
/// for all.
///
/// - Source: LiteRT 8-bit quantization specification.
package enum WeightQuantizer {
    package struct Result: Sendable {
        package var integers: [Int8]
        /// One for each channel, or one.
        package var scales: [Float]
        /// The real numbers that the integers stand for.
        package var dequantized: WeightTensor
    }

    /// One scale for a whole dense layer is what the specification asks for, and what every engine takes. Where rows
    /// differ so much that it leaves the weights a signal-to-noise ratio below this, in dB, each channel has its own.
    package static let leastSharedScaleSNR = 20.0

    /// The weights of a dense layer: one scale, or one for each channel where that would lose too much.
    package static func quantizeDense(_ weights: WeightTensor, minimumScales: [Float]? = nil) -> Result {
        var shared = WeightTensor(values: weights.values, sizes: [1, weights.values.count], channelAxis: 0)
        let result = quantize(shared, minimumScales: minimumScales.map { [$0.max() ?? 0] })
        shared = result.dequantized
        if let ratio = signalToNoise(weights.values, shared.values), ratio < leastSharedScaleSNR {
            return quantize(weights, minimumScales: minimumScales)
        }
        var dequantized = weights
        dequantized.values = shared.values
        return Result(integers: result.integers, scales: result.scales, dequantized: dequantized)
    }

    /// A scale for each channel.
    ///
    /// - Parameters:
    ///   - minimumScales: a lower bound for each channel's scale, so that the int32 bias cannot overflow.
    package static func quantize(_ weights: WeightTensor, minimumScales: [Float]? = nil) -> Result {
        let scales = scales(weights.maximumMagnitudes(), minimumScales: minimumScales)
        let layout = weights.arrangement.layout
        let zeroPoints = Array(repeating: Float(0), count: scales.count)
        let count = weights.values.count
        let integers = [Int8](unsafeUninitializedCapacity: count) { integers, initialized in
            weights.values.withUnsafeBufferPointer { values in
                scales.withUnsafeBufferPointer {
                    WeightArithmetic.quantize(
                        values, from: 0, in: layout, scales: $0,
                        into: UnsafeMutableBufferPointer(rebasing: integers.prefix(count)))
                }
            }
            initialized = count
        }
        var dequantized = weights
        dequantized.values.withUnsafeMutableBufferPointer { values in
            integers.withUnsafeBufferPointer { integers in
                scales.withUnsafeBufferPointer { scales in
                    zeroPoints.withUnsafeBufferPointer {
                        WeightArithmetic.dequantize(
                            integers, from: 0, in: layout, zeroPoints: $0, scales: scales, into: values)
                    }
                }
            }
        }
        return Result(integers: integers, scales: scales, dequantized: dequantized)
    }

    /// The integers of weights that are read where they are stored.
    package struct StoredResult: Sendable {
        package var integers: TensorData
        /// One for each channel.
        package var scales: [Float]
        package var comparison: WeightComparison
    }

    /// A scale for each channel, for the weights of several layers, which are read where they are stored.
    ///
    /// - Parameter layers: with each, for each channel, what the weights are multiplied by before their errors are told.
    package static func quantizeStored(
        _ layers: [(weights: StoredWeights, factors: [Float])], threads: ThreadPool
    ) -> [StoredResult] {
        var places: [Int] = []
        var end = 0
        for layer in layers {
            places.append(end)
            // Apart, so that no two threads write to one line of a cache.
            end += (layer.weights.arrangement.count + 127) / 128 * 128
        }
        let integers = MemoryBlock(byteCount: end)
        let room = StoredWeights.windowSize * MemoryLayout<Float>.stride
        let scratch = MemoryBlock(byteCount: (layers.count > 1 ? threads.threads : 1) * room)
        let results = Mutex([StoredResult?](repeating: nil, count: layers.count))
        threads.forEach(costs: layers.map(\.weights.arrangement.count)) { [places] layer, worker in
            let (weights, factors) = layers[layer]
            let place = places[layer]..<places[layer] + weights.arrangement.count
            let memory = UnsafeMutableRawBufferPointer(rebasing: scratch.bytes[worker * room..<(worker + 1) * room])
            let quantized = weights.quantize(
                factors: factors, in: memory.bindMemory(to: Float.self),
                into: UnsafeMutableRawBufferPointer(rebasing: integers.bytes[place]).bindMemory(to: Int8.self))
            let result = StoredResult(
                integers: TensorData(integers, range: place), scales: quantized.scales, comparison: quantized.comparison
            )
            results.withLock { $0[layer] = result }
        }
        return results.withLock { $0 }.map { result in
            guard let result else { preconditionFailure("a loop leaves out an index") }
            return result
        }
    }

    /// The scale of each channel.
    static func scales(_ magnitudes: [Float], minimumScales: [Float]? = nil) -> [Float] {
        let largest = magnitudes.max() ?? 0
        let scales = magnitudes.map { scale($0, layersLargest: largest) }
        guard let minimumScales else { return scales }
        return zip(scales, minimumScales).map(max)
    }

    /// The scale of a channel whose largest magnitude is the given one.
    static func scale(_ magnitude: Float, layersLargest largest: Float) -> Float {
        // A channel of zeros has no scale of its own; the layer's keeps its bias as fine as the others'.
        let scale = (magnitude > 0 ? magnitude : largest) / 127
        return scale.isNormal ? scale : (largest > 0 ? .leastNormalMagnitude : 1)
    }

    /// The least scale of each channel with which the bias stays well within int32.
    ///
    /// - Parameters:
    ///   - bias: the group's effective bias b·γ + β.
    ///   - gamma: what the channel's scale will still be multiplied by.
    package static func minimumScales(bias: [Double], gamma: [Double], inputScale: Float) -> [Float] {
        zip(bias, gamma).map { bias, gamma in
            // Half of int32's range is left to the accumulator.
            let least = abs(bias) / (0x1p30 * Double(inputScale) * abs(gamma))
            return least.isFinite ? Float(min(least, 0x1p100)) : 0
        }
    }

    /// Signal-to-noise ratio in dB; nil if nothing was lost.
    package static func signalToNoise(_ original: [Float], _ approximate: [Float]) -> Double? {
        var ratio = SignalToNoise()
        original.withUnsafeBufferPointer { original in approximate.withUnsafeBufferPointer { ratio.add(original, $0) } }
        return ratio.decibels
    }
}

extension Value {
    /// An int32 bias with scale input·weight, for each channel or for all.
    static func quantizedBias(_ bias: [Double], inputScale: Float, weightScales: [Float], name: String) -> Value {
        let scales = weightScales.map { inputScale * $0 }
        let integers = bias.indices.map { channel in
            let scale = scales[scales.count == 1 ? 0 : channel]
            let quotient = (bias[channel] / Double(scale)).rounded(.toNearestOrAwayFromZero)
            return quotient.isNaN ? 0 : Int32(max(Double(Int32.min), min(Double(Int32.max), quotient)))
        }
        return Value(
            name: name, type: .int32, shape: [bias.count],
            quantization: Quantization(scales: scales, axis: scales.count == 1 ? nil : 0),
            constant: TensorData(integers))
    }
}
