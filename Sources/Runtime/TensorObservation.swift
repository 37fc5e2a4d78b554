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

    /// How many elements are counted side by side.
    package static let countedTogether = Int(CK_COUNTED)

    /// Counts elements in bins of a width of 1 / `factor` that meet at zero. Zeros are left out, and what lies beyond the bins
    /// is counted in the outermost.
    ///
    /// - Parameters:
    ///   - step: of so many blocks of `countedTogether` elements one is counted.
    ///   - start: the first block to count.
    ///   - counts: as many as there are bins, and four more that are used up.
    package static func count(
        _ elements: UnsafeBufferPointer<Float>, step: Int, start: Int, factor: Float,
        in counts: UnsafeMutableBufferPointer<UInt32>, on set: InstructionSet = .best
    ) {
        precondition(step > 0 && start >= 0 && counts.count > 4)
        let first = start * countedTogether
        guard let base = elements.baseAddress, first < elements.count else { return }
        ck_count(
            set.isa, base + first, elements.count - first, step, factor, counts.baseAddress,
            Int32(clamping: counts.count - 4))
    }
}
