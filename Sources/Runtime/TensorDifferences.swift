import CKernels

/// Sums over the elements of two tensors of real numbers, taken at the speed of memory and the same on every processor.
package struct TensorDifferences: Sendable {
    /// Σ a², Σ b² and Σ a·b.
    package private(set) var squaresA = 0.0
    package private(set) var squaresB = 0.0
    package private(set) var products = 0.0
    /// Σ (a − b)², and the largest |a − b|.
    package private(set) var squaredDifferences = 0.0
    package private(set) var largestDifference = 0.0
    /// Elements that differ.
    package private(set) var differing = 0

    /// Sums of so many elements are added up by themselves.
    package static let blockLength = 4096

    /// - Precondition: both have the same count.
    /// - Returns: nil if there are elements that are not finite.
    package init?(
        _ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>, on set: InstructionSet = .best
    ) {
        precondition(a.count == b.count)
        guard let left = a.baseAddress, let right = b.baseAddress else { return }
        var sums = ck_differences()
        for begin in stride(from: 0, to: a.count, by: Self.blockLength) {
            let count = min(Self.blockLength, a.count - begin)
            guard ck_compare(set.isa, left + begin, right + begin, count, &sums) != 0 else { return nil }
        }
        (squaresA, squaresB, products) = (sums.squares_a, sums.squares_b, sums.products)
        (squaredDifferences, largestDifference) = (sums.squares, sums.largest)
        differing = Int(sums.differing)
    }
}
