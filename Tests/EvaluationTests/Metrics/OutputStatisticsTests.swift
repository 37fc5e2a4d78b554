import Testing

@testable import Evaluation

@Suite struct OutputStatisticsTests {
    /// From NumPy, in float64: `10*np.log10((a**2).sum()/((a-b)**2).sum())`, `a@b/np.linalg.norm(a)/np.linalg.norm(b)`.
    @Test func figuresAreNumPys() throws {
        let statistics = OutputStatistics([1, -2, 3, 0.5], [1.1, -2, 2.75, 0.25])
        #expect(abs(try #require(statistics.snr) - 20.23481080509688) < 1e-6)
        #expect(abs(try #require(statistics.cosine) - 0.9963763373715377) < 1e-9)
        #expect(statistics.largestDifference == 0.25)
        #expect(statistics.differing == 3)
    }

    @Test func identicalResults() {
        let statistics = OutputStatistics([1, 2], [1, 2])
        #expect(statistics.isIdentical)
        #expect(statistics.snr == .infinity)
        #expect(statistics.cosine == 1)
        #expect(OutputStatistics([0, 0], [0, 0]).cosine == 1)
    }

    @Test func whatIsNotFiniteIsCountedOnly() {
        let statistics = OutputStatistics([1, .nan, .infinity, 2], [1, .nan, 5, .infinity])
        #expect(statistics.nonFiniteA == 2)
        #expect(statistics.nonFiniteB == 2)
        #expect(statistics.differing == 2)
        #expect(statistics.snr == nil)
        #expect(statistics.cosine == 1)
        #expect(statistics.largestDifference == 0)
        #expect(OutputStatistics([.nan], [.nan]).isIdentical)
    }

    @Test func noSignal() {
        #expect(OutputStatistics([0, 0], [1, 0]).snr == nil)
        #expect(OutputStatistics([0, 0], [1, 0]).cosine == nil)
        #expect(OutputStatistics().snr == nil)
        #expect(OutputStatistics().cosine == nil)
        #expect(OutputStatistics([3e38], [-3e38]).snr?.isFinite == true)
    }

    @Test func sumsOfParts() {
        var total = OutputStatistics([1, -2], [1.1, -2])
        total += OutputStatistics([3, 0.5], [2.75, 0.25])
        #expect(total == OutputStatistics([1, -2, 3, 0.5], [1.1, -2, 2.75, 0.25]))
    }
}

@Suite struct ClassificationTests {
    /// NumPy's argmax: the first of equal ones, and the first that is no number before all.
    @Test(
        arguments: [
            ([1, 3, 3], 1), ([], 0), ([-.infinity, -.infinity], 0), ([1, .nan, 5], 1), ([-5, -1, -2], 1),
            ([0, .infinity], 1),
        ] as [([Float], Int)])
    func firstMaximum(_ scores: [Float], _ expected: Int) {
        #expect(Classification.firstMaximum(scores) == expected)
        #expect(Classification.firstMaximum(([9] + scores).dropFirst()) == expected)
    }
}

@Suite struct CompressedSizeTests {
    /// From Python's `len(gzip.compress(data, 6, mtime=0))`, whose header also has no name.
    @Test func sizesArePythons() {
        #expect([UInt8]().withUnsafeBytes(CompressedSize.gzip) == 20)
        #expect([UInt8](repeating: 7, count: 300_000).withUnsafeBytes(CompressedSize.gzip) == 326)
        let mixed = (0..<200_000).map { UInt8(truncatingIfNeeded: ($0 * $0) >> 7) }
        #expect(mixed.withUnsafeBytes(CompressedSize.gzip) == 17575)
    }
}
