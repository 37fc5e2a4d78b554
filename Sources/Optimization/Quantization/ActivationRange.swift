import ModelGraph
import Runtime

/// How the values of one tensor were spread over a calibration set.
package struct ActivationHistogram: Sendable, Equatable {
    package static let binCount = 2048

    package var minimum: Float
    package var maximum: Float
    /// Counts over equal bins from `minimum` to `maximum`; exact zeros are left out, for they are always represented.
    package var counts: [UInt64]

    package init(minimum: Float, maximum: Float) {
        self.minimum = minimum
        self.maximum = maximum
        counts = Array(repeating: 0, count: Self.binCount)
    }

    package var binWidth: Double { (Double(maximum) - Double(minimum)) / Double(counts.count) }

    /// Counts values, in bins of their own where they lie outside the range.
    package mutating func count(_ values: UnsafeBufferPointer<Float>) {
        Histogram.count(values, from: minimum, to: maximum, in: &counts)
    }

    /// The least and the largest of the finite values; nil if there are none.
    static func extremes(of values: UnsafeBufferPointer<Float>) -> (Float, Float)? {
        var lower = SIMD8<Float>(repeating: .infinity)
        var upper = -lower
        let largest = SIMD8<Float>(repeating: .greatestFiniteMagnitude)
        func take(_ value: SIMD8<Float>) {
            // Neither holds for what is no number.
            lower.replace(with: value, where: (value .< lower) .& (value .>= -largest))
            upper.replace(with: value, where: (value .> upper) .& (value .<= largest))
        }
        let raw = UnsafeRawBufferPointer(values)
        let whole = values.count & ~7
        var index = 0
        while index < whole {
            take(raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Float>.stride, as: SIMD8<Float>.self))
            index += 8
        }
        for value in values[whole...] { take(SIMD8(repeating: value)) }
        let range = (lower.min(), upper.max())
        return range.0 <= range.1 ? range : nil
    }

    package mutating func merge(_ other: ActivationHistogram) {
        for bin in counts.indices { counts[bin] &+= other.counts[bin] }
    }
}

/// The real interval that a tensor's integers span.
package struct ActivationRange: Sendable, Hashable, Codable {
    package var lower: Float
    package var upper: Float

    package init(lower: Float, upper: Float) {
        self.lower = lower
        self.upper = upper
    }

    /// The smallest interval that holds both.
    package func union(_ other: ActivationRange) -> ActivationRange {
        ActivationRange(lower: min(lower, other.lower), upper: max(upper, other.upper))
    }

    /// int8 over the interval, widened to hold zero, which is represented exactly.
    ///
    ///     scale = (upper − lower) / 255          zeroPoint = round(−128 − lower / scale)
    package var quantization: Quantization {
        let lower = min(self.lower, 0)
        let upper = max(self.upper, 0)
        let scale = Float((Double(upper) - Double(lower)) / 255)
        guard scale.isNormal else { return Quantization(scale: 1 / 255, zeroPoint: 0) }
        let zeroPoint = (-128 - Double(lower) / Double(scale)).rounded(.toNearestOrAwayFromZero)
        return Quantization(scale: scale, zeroPoint: Int64(max(-128, min(127, zeroPoint))))
    }
}

extension ActivationHistogram {
    /// How much more an error by clipping weighs than one by rounding: rounding errors are independent and average out
    /// in the sums behind them, clipping errs in one direction and where activations are strongest.
    package static let clippingWeight = 4.0

    /// The interval within the observed one that gives the least weighted squared error of int8 values: what is
    /// clipped errs by its distance from the bound, what is kept by scale²/12.
    package func leastErrorRange() -> ActivationRange {
        let full = ActivationRange(lower: min(minimum, 0), upper: max(maximum, 0))
        guard maximum > minimum, binWidth > 0, binWidth.isFinite else { return full }
        let sums = PrefixSums(self)
        var best = full
        var bestError = sums.error(of: best)
        // The two bounds depend on each other only through the scale; alternating settles in a few rounds.
        for _ in 0..<4 {
            let start = best
            for bound in [\ActivationRange.upper, \ActivationRange.lower] {
                let extreme = full[keyPath: bound]
                for step in 1...128 {
                    var candidate = best
                    candidate[keyPath: bound] = extreme * Float(step) / 128
                    let error = sums.error(of: candidate)
                    if error < bestError { (best, bestError) = (candidate, error) }
                }
            }
            if best == start { break }
        }
        return best
    }

    /// Sums over the bins below each bin, so that the error of an interval takes constant time.
    private struct PrefixSums {
        private let minimum: Double
        private let width: Double
        private var count: [Double] = [0]
        private var sum: [Double] = [0]
        private var squares: [Double] = [0]

        init(_ histogram: ActivationHistogram) {
            minimum = Double(histogram.minimum)
            width = histogram.binWidth
            for (bin, number) in histogram.counts.enumerated() {
                let center = minimum + (Double(bin) + 0.5) * width
                count.append(count[bin] + Double(number))
                sum.append(sum[bin] + Double(number) * center)
                squares.append(squares[bin] + Double(number) * center * center)
            }
        }

        func error(of range: ActivationRange) -> Double {
            let lower = Double(min(range.lower, 0))
            let upper = Double(max(range.upper, 0))
            let scale = (upper - lower) / 255
            let bins = Double(count.count - 1)
            let low = Int(max(0, min(((lower - minimum) / width).rounded(.down), bins)))
            let high = Int(max(Double(low), min(((upper - minimum) / width).rounded(.up), bins)))
            let last = count.count - 1
            let kept = (count[high] - count[low]) * scale * scale / 12
            let below = squares[low] - 2 * lower * sum[low] + lower * lower * count[low]
            let above =
                squares[last] - squares[high] - 2 * upper * (sum[last] - sum[high])
                + upper * upper * (count[last] - count[high])
            return kept + ActivationHistogram.clippingWeight * (below + above)
        }
    }
}
