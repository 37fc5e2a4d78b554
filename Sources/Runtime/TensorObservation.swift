import CKernels

/// What calibration takes of a tensor's real numbers, at the speed of memory.
package enum TensorObservation {
    /// The extremes of elements [outer, channels, run], and what they add to the sums of their channels.
    ///
    /// - Parameter sums: one for each channel; empty where none are wanted.
    /// - Returns: nil if there are elements that are not finite; `sums` then hold nothing of use.
    package static func extremes(
        of elements: UnsafeBufferPointer<Float>, channels: Int = 1, run: Int = 1,
        sums: UnsafeMutableBufferPointer<Double> = .init(start: nil, count: 0), on set: InstructionSet = .best
    ) -> (lower: Float, upper: Float)? {
        guard let base = elements.baseAddress, channels > 0, run > 0 else { return nil }
        precondition(sums.isEmpty || sums.count == channels)
        var (lower, upper) = (Float.infinity, -Float.infinity)
        let isFinite =
            sums.isEmpty
            ? ck_observe(set.isa, base, 1, 1, elements.count, nil, &lower, &upper)
            : ck_observe(
                set.isa, base, elements.count / (channels * run), channels, run, sums.baseAddress, &lower, &upper)
        return isFinite != 0 && lower <= upper ? (lower, upper) : nil
    }

    /// Which blocks of `countedTogether` elements are taken: every `step`-th one, beginning with `start`.
    package struct Sampling: Sendable {
        package var step: Int
        package var start: Int

        package init(step: Int, start: Int) {
            precondition(step > 0 && start >= 0)
            (self.step, self.start) = (step, start)
        }

        /// No more elements than this are taken.
        package func limit(of count: Int) -> Int {
            let blocks = count / countedTogether + 1
            return (blocks / step + 1) * countedTogether
        }
    }

    /// The same, and a part of the elements for counting, copied while they are at hand.
    ///
    /// - Parameter taken: room for `sampling.limit(of:)` elements.
    /// - Returns: the extremes as above, and how many elements were taken.
    package static func extremes(
        of elements: UnsafeBufferPointer<Float>, channels: Int = 1, run: Int = 1,
        sums: UnsafeMutableBufferPointer<Double> = .init(start: nil, count: 0), taking sampling: Sampling,
        into taken: UnsafeMutableBufferPointer<Float>, on set: InstructionSet = .best
    ) -> (extremes: (lower: Float, upper: Float)?, taken: Int) {
        guard let base = elements.baseAddress, let target = taken.baseAddress, channels > 0, run > 0 else {
            return (nil, 0)
        }
        precondition(sums.isEmpty || sums.count == channels)
        precondition(taken.count >= sampling.limit(of: elements.count))
        let count = sums.isEmpty ? elements.count : elements.count / (channels * run) * (channels * run)
        var part = partLength
        if !sums.isEmpty {
            // Parts end where sums in single precision do, so that they are the same as those of the whole.
            let rows = channels < 16 ? 1024 : 64
            part = run > 1 ? count : max(1, partLength / (channels * rows)) * rows * channels
        }
        var (lower, upper) = (Float.infinity, -Float.infinity)
        var (isFinite, begin, filled, next) = (true, 0, 0, sampling.start * countedTogether)
        while begin < count {
            let length = min(part, count - begin)
            let found =
                sums.isEmpty
                ? ck_observe(set.isa, base + begin, 1, 1, length, nil, &lower, &upper)
                : ck_observe(
                    set.isa, base + begin, length / (channels * run), channels, run, sums.baseAddress, &lower, &upper)
            isFinite = isFinite && found != 0
            begin += length
            while next < begin {
                let block = min(countedTogether, elements.count - next)
                (target + filled).update(from: base + next, count: block)
                filled += block
                next += sampling.step * countedTogether
            }
        }
        return (isFinite && lower <= upper ? (lower, upper) : nil, filled)
    }

    /// Elements that stay in a core's cache from one look to the next.
    private static let partLength = 1 << 14

    /// How many elements are taken side by side.
    package static let countedTogether = 64

    /// Counts elements in bins of a width of 1 / `factor` that meet at zero. Zeros are left out, and what lies beyond the bins
    /// is counted in the outermost.
    ///
    /// - Parameters:
    ///   - factor: finite, above 0.
    ///   - counts: as many as there are bins, and four more that may be used up.
    package static func count(
        _ elements: UnsafeBufferPointer<Float>, factor: Float, in counts: UnsafeMutableBufferPointer<UInt32>,
        on set: InstructionSet = .best
    ) {
        precondition(counts.count > 4)
        guard let base = elements.baseAddress else { return }
        ck_count(set.isa, base, elements.count, factor, counts.baseAddress, Int32(clamping: counts.count - 4))
    }
}
