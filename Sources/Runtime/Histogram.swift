import CKernels

/// Counting values by where they lie in an interval.
package enum Histogram {
    /// Adds to `counts` how many values lie in each of as many equal parts of the interval, the first and the last part
    /// taking what lies outside. Zeros and what is not finite are left out.
    ///
    /// - Parameters:
    ///   - minimum: where the interval begins; less than `maximum`.
    ///   - counts: at least one.
    package static func count(
        _ values: UnsafeBufferPointer<Float>, from minimum: Float, to maximum: Float, in counts: inout [UInt64]
    ) {
        guard let base = values.baseAddress, let bins = Int32(exactly: counts.count), bins > 0, maximum > minimum else {
            return
        }
        let factor = Float(bins) / (maximum - minimum)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4 * (Int(bins) + 1)) { work in
            counts.withUnsafeMutableBufferPointer { counts in
                ck_count_bins(base, values.count, minimum, factor, bins, counts.baseAddress, work.baseAddress)
            }
        }
    }
}
