import Runtime

/// How the values of one tensor were spread over a calibration set.
///
/// Bins are as wide as a power of two and meet at zero. Where a value lies beyond them they are joined two by two, as often
/// as it takes: so the bins in the end, and what they hold, do not depend on the order in which values came, and one pass
/// over the samples is enough.
package struct ActivationHistogram: Sendable, Equatable {
    private static let binCount = 4096
    /// Below it, the reciprocal of a bin's width would be infinite.
    private static let leastExponent = -100

    package private(set) var minimum = Float.infinity
    package private(set) var maximum = -Float.infinity
    /// The bins reach from -2^exponent to 2^exponent.
    private var exponent = leastExponent
    /// Exact zeros are left out, for they are always represented: they are counted behind the bins and forgotten.
    private var counts = [UInt32](repeating: 0, count: binCount + zeroCount)
    private static let zeroCount = 4

    package init() {}

    private var lowest: Double { -Double(sign: .plus, exponent: exponent, significand: 1) }
    private var binWidth: Double { -2 * lowest / Double(Self.binCount) }

    /// Counts all values that are finite.
    package mutating func count(_ values: UnsafeBufferPointer<Float>) {
        if let extremes = TensorObservation.extremes(of: values) { return count(values, within: extremes) }
        let finite = values.filter(\.isFinite)
        guard let lower = finite.min(), let upper = finite.max() else { return }
        finite.withUnsafeBufferPointer { count($0, within: (lower, upper)) }
    }

    /// Counts finite values.
    ///
    /// - Parameter extremes: the least and the largest of all values, of which these may be a part.
    mutating func count(_ values: UnsafeBufferPointer<Float>, within extremes: (lower: Float, upper: Float)) {
        minimum = min(minimum, extremes.lower)
        maximum = max(maximum, extremes.upper)
        widen(to: max(Self.exponent(above: minimum), Self.exponent(above: maximum)))
        let factor = Float(1 / binWidth)
        counts.withUnsafeMutableBufferPointer { counts in
            TensorObservation.count(values, factor: factor, in: counts)
            counts[Self.binCount...].update(repeating: 0)
        }
    }

    package mutating func merge(_ other: ActivationHistogram) {
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
        var other = other
        widen(to: other.exponent)
        other.widen(to: exponent)
        counts.withUnsafeMutableBufferPointer { counts in
            other.counts.withUnsafeBufferPointer { other in
                for bin in 0..<min(counts.count, other.count) { Self.add(other[bin], to: &counts[bin]) }
            }
        }
    }

    /// Joins bins until they reach as far.
    private mutating func widen(to wanted: Int) {
        guard wanted > exponent else { return }
        let (half, shift) = (Self.binCount / 2, wanted - exponent)
        var joined = [UInt32](repeating: 0, count: counts.count)
        for bin in 0..<Self.binCount where counts[bin] > 0 {
            Self.add(counts[bin], to: &joined[half + (bin - half) >> shift])
        }
        (counts, exponent) = (joined, wanted)
    }

    /// The least exponent of a power of two that is above the magnitude.
    private static func exponent(above value: Float) -> Int {
        value.isNormal ? Int(value.exponent) + 1 : leastExponent
    }

    /// Counts as far as there are numbers.
    @inline(__always)
    private static func add(_ number: UInt32, to count: inout UInt32) {
        let (sum, overflow) = count.addingReportingOverflow(number)
        count = overflow ? .max : sum
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
        guard maximum > minimum else { return full }
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
        private let lowest: Double
        private let width: Double
        private var count: [Double] = [0]
        private var sum: [Double] = [0]
        private var squares: [Double] = [0]

        init(_ histogram: ActivationHistogram) {
            lowest = histogram.lowest
            width = histogram.binWidth
            count.reserveCapacity(ActivationHistogram.binCount + 1)
            sum.reserveCapacity(ActivationHistogram.binCount + 1)
            squares.reserveCapacity(ActivationHistogram.binCount + 1)
            var (total, weighted, squared) = (0.0, 0.0, 0.0)
            for bin in 0..<ActivationHistogram.binCount {
                let number = Double(histogram.counts[bin])
                let center = lowest + (Double(bin) + 0.5) * width
                total += number
                weighted += number * center
                squared += number * center * center
                count.append(total)
                sum.append(weighted)
                squares.append(squared)
            }
        }

        func error(of range: ActivationRange) -> Double {
            let lower = Double(min(range.lower, 0))
            let upper = Double(max(range.upper, 0))
            let scale = (upper - lower) / 255
            let bins = Double(count.count - 1)
            let low = Int(max(0, min(((lower - lowest) / width).rounded(.down), bins)))
            let high = Int(max(Double(low), min(((upper - lowest) / width).rounded(.up), bins)))
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
