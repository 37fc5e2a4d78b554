import Runtime
import Testing

@Suite("Differences of two tensors")
struct TensorDifferencesTests {
    /// Whole numbers, whose sums are exact in any order.
    @Test(arguments: KernelVariantTests.variants, [1, 7, 15, 16, 17, 130, 4096, 4099, 9000])
    func sumsAreThoseOfAllElements(_ set: InstructionSet, _ count: Int) throws {
        let a: [Float] = (0..<count).map { Float($0 * 7919 % 1013 - 400) }
        let b: [Float] = (0..<count).map { index in
            index % 3 == 0 ? a[index] : Float(index * 104729 % 997 - 500)
        }
        let found = try #require(
            a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { TensorDifferences(a, $0, on: set) } })
        var (squaresA, squaresB, products, squares, largest, differing) = (0, 0, 0, 0, 0, 0)
        for (left, right) in zip(a, b) {
            let (x, y) = (Int(left), Int(right))
            squaresA += x * x
            squaresB += y * y
            products += x * y
            squares += (x - y) * (x - y)
            largest = max(largest, abs(x - y))
            differing += x != y ? 1 : 0
        }
        #expect(found.squaresA == Double(squaresA) && found.squaresB == Double(squaresB))
        #expect(found.products == Double(products) && found.squaredDifferences == Double(squares))
        #expect(found.largestDifference == Double(largest) && found.differing == differing)
    }

    /// Sums that are rounded come out the same, too.
    @Test(arguments: KernelVariantTests.variants) func allProcessorsAddUpInTheSameOrder(_ set: InstructionSet) throws {
        let a = (0..<1000).map { Float($0 * 7919 % 1013) / 7 }
        let b = (0..<1000).map { Float($0 * 104729 % 997) / 11 }
        func sums(_ set: InstructionSet) -> [Double]? {
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    TensorDifferences(a, b, on: set).map { [$0.products, $0.squaredDifferences, $0.squaresA] }
                }
            }
        }
        let expected = try #require(sums(.portable))
        #expect(sums(set) == expected)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 15, 16, 40])
    func whatIsNotFiniteIsNoticed(_ value: Float, _ place: Int) {
        let ones = [Float](repeating: 1, count: 41)
        var values = ones
        values[place] = value
        for set in KernelVariantTests.variants {
            for (a, b) in [(ones, values), (values, ones)] {
                let found = a.withUnsafeBufferPointer { a in
                    b.withUnsafeBufferPointer { TensorDifferences(a, $0, on: set) }
                }
                #expect(found == nil, "\(set)")
            }
        }
    }
}
