import Runtime

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Sums over the elements of two results, from which signal-to-noise ratio, cosine and the largest difference follow.
///
/// One value for each sample, added up in the samples' order, gives the same figures on any number of threads.
package struct OutputStatistics: Sendable, Equatable {
    /// Σ a², Σ b², Σ a·b and Σ (a − b)² over the elements that are finite in both.
    package var squaresA = 0.0
    package var squaresB = 0.0
    package var products = 0.0
    package var squaredDifferences = 0.0
    package var largestDifference = 0.0
    package var elementCount = 0
    /// Elements that are infinite or no number in a, and in b.
    package var nonFiniteA = 0
    package var nonFiniteB = 0
    /// Elements that differ, those that are not finite in only one of them included.
    package var differing = 0

    package init() {}

    /// - Precondition: both have the same count.
    package init(_ a: [Float], _ b: [Float]) {
        self = a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { OutputStatistics(a, $0) } }
    }

    /// - Precondition: both have the same count.
    package init(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) {
        precondition(a.count == b.count)
        elementCount = a.count
        guard let sums = TensorDifferences(a, b) else {
            addFinite(a, b)
            return
        }
        (squaresA, squaresB, products) = (sums.squaresA, sums.squaresB, sums.products)
        (squaredDifferences, largestDifference) = (sums.squaredDifferences, sums.largestDifference)
        differing = sums.differing
    }

    /// Counts what is not finite, and adds up the rest.
    private mutating func addFinite(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) {
        for (left, right) in zip(a, b) {
            if !left.isFinite { nonFiniteA += 1 }
            if !right.isFinite { nonFiniteB += 1 }
            if left != right, !(left.isNaN && right.isNaN) { differing += 1 }
            guard left.isFinite, right.isFinite else { continue }
            let x = Double(left)
            let y = Double(right)
            squaresA += x * x
            squaresB += y * y
            products += x * y
            let difference = x - y
            squaredDifferences += difference * difference
            largestDifference = max(largestDifference, abs(difference))
        }
    }

    package static func += (total: inout OutputStatistics, part: OutputStatistics) {
        total.squaresA += part.squaresA
        total.squaresB += part.squaresB
        total.products += part.products
        total.squaredDifferences += part.squaredDifferences
        total.largestDifference = max(total.largestDifference, part.largestDifference)
        total.elementCount += part.elementCount
        total.nonFiniteA += part.nonFiniteA
        total.nonFiniteB += part.nonFiniteB
        total.differing += part.differing
    }

    package var isIdentical: Bool { differing == 0 }

    /// 10·log₁₀(Σ a² / Σ (a − b)²) in dB; infinite where nothing differs, nil where there is no signal or no finite element.
    package var snr: Double? {
        guard elementCount > 0 else { return nil }
        if squaredDifferences == 0 { return isIdentical ? .infinity : nil }
        return squaresA > 0 ? 10 * log10(squaresA / squaredDifferences) : nil
    }

    /// Σ a·b / √(Σ a² · Σ b²); 1 where nothing differs, nil where only one is zero throughout.
    package var cosine: Double? {
        if squaredDifferences == 0 { return elementCount > 0 ? 1 : nil }
        guard squaresA > 0, squaresB > 0 else { return nil }
        return min(1, max(-1, products / (squaresA.squareRoot() * squaresB.squareRoot())))
    }
}
