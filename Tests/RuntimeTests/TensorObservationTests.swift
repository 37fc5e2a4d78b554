import Runtime
import Testing

@Suite("What calibration takes of a tensor")
struct TensorObservationTests {
    /// numpy.clip(numpy.floor(v) + 2, 0, 3), without zeros.
    @Test(arguments: KernelVariantTests.variants) func valuesAreCountedByInterval(_ set: InstructionSet) {
        let values: [Float] = [-5, -1, 0, 0.5, 0.75, 1, 1.5, 2, 9, 0.5, 0.5, 0.5, 0.5, 0.5, 0]
        var counts = [UInt32](repeating: 0, count: 4 + 4)
        values.withUnsafeBufferPointer { values in
            counts.withUnsafeMutableBufferPointer {
                TensorObservation.count(values, factor: 1, in: $0, on: set)
            }
        }
        #expect(counts[..<4] == [1, 1, 7, 4])
    }

    /// What a clamp leaves: half of the numbers are its upper bound, which may be zero.
    @Test(arguments: KernelVariantTests.variants, [6, 0] as [Float])
    func clampedValuesAreCounted(_ set: InstructionSet, _ bound: Float) {
        for length in [1, 15, 31, 32, 33, 2621] {
            let values = (0..<length).map { min(Float($0 * 7919 % 1013 - 400) / 32, bound) }
            var counts = [UInt32](repeating: 0, count: 4096 + 4)
            values.withUnsafeBufferPointer { values in
                counts.withUnsafeMutableBufferPointer {
                    TensorObservation.count(values, factor: 128, in: $0, on: set)
                }
            }
            var expected = [UInt32](repeating: 0, count: 4096)
            for value in values where value != 0 { expected[Int((value * 128).rounded(.down)) + 2048] += 1 }
            #expect(Array(counts[..<4096]) == expected)
        }
    }

    /// Whole numbers, whose sums are exact in any order; parts are taken as they are looked at, which changes neither.
    @Test(
        arguments: KernelVariantTests.variants,
        [
            [1, 1], [3, 1], [16, 1], [24, 1], [70, 1], [600, 1], [3, 5], [2, 70], [5, 7], [5, 50], [1, 63], [17, 15],
            [130, 2],
        ])
    func extremesSumsAndParts(_ set: InstructionSet, _ extents: [Int]) throws {
        let (channels, run) = (extents[0], extents[1])
        let values = (0..<(40_000 / (channels * run) * channels * run)).map { Float($0 * 7919 % 1013 - 400) }
        var sums = [Double](repeating: 0, count: channels)
        var taken = [Float](repeating: 0, count: 20_000)
        var request = TensorObservation.Request(taking: .init(step: 3, start: 2))
        (request.channels, request.run) = (channels, run)
        let found = values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                taken.withUnsafeMutableBufferPointer {
                    TensorObservation.observe(values, request, sums: sums, taken: $0, on: set)
                }
            }
        }
        let extremes = try #require(found.extremes)
        #expect(extremes.lower == values.min() && extremes.upper == values.max())
        var expected = [Double](repeating: 0, count: channels)
        for (index, value) in values.enumerated() { expected[index / run % channels] += Double(value) }
        #expect(sums == expected)
        #expect(found.positions == values.count / channels)
        let parts = stride(from: 2 * 64, to: values.count, by: 3 * 64).flatMap {
            values[$0..<min($0 + 64, values.count)]
        }
        #expect(Array(taken[..<found.taken]) == parts)
    }

    /// Whole numbers, whose sums are exact in any order.
    @Test(arguments: KernelVariantTests.variants, [[1, 1], [3, 1], [24, 1], [600, 1], [5, 7]])
    func someOfThePartsAreSummedUp(_ set: InstructionSet, _ extents: [Int]) throws {
        let (channels, run) = (extents[0], extents[1])
        var values = (0..<(200_000 / (channels * run) * channels * run)).map { Float($0 * 7919 % 1013 - 400) }
        var request = TensorObservation.Request(taking: .init(step: 1000, start: 999))
        (request.channels, request.run, request.wantsExtremes) = (channels, run, false)
        let step = min(3, request.parts(of: values.count))
        request.summing = .init(step: step, start: step - 1)
        var expected = [Double](repeating: 0, count: channels)
        var isSeen = [Bool](repeating: false, count: values.count)
        for index in request.summedParts(of: values.count).joined() {
            expected[index / run % channels] += Double(values[index])
            isSeen[index] = true
        }
        for index in stride(from: 999 * 64, to: values.count, by: 1000 * 64) {
            for place in index..<min(index + 64, values.count) { isSeen[place] = true }
        }
        // What is not looked at may be anything.
        for index in values.indices where !isSeen[index] { values[index] = .nan }
        var sums = [Double](repeating: 0, count: channels)
        var taken = [Float](repeating: 0, count: 20_000)
        let found = values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                taken.withUnsafeMutableBufferPointer {
                    TensorObservation.observe(values, request, sums: sums, taken: $0, on: set)
                }
            }
        }
        #expect(sums == expected)
        #expect(found.positions == request.summedParts(of: values.count).joined().count / channels)
        let seen = zip(values, isSeen).filter(\.1).map(\.0)
        let extremes = try #require(found.extremes)
        #expect(extremes.lower == seen.min() && extremes.upper == seen.max())
        if run == 1 { #expect(seen.count < values.count / 2) }
    }

    /// Files put arrays at any address.
    @Test(arguments: [0, 1, 3], [0, 1, 40_000]) func arraysAtAnyAddress(_ offset: Int, _ count: Int) {
        var bytes = [UInt8](repeating: 0, count: offset + 4 * count)
        func areFinite() -> Bool {
            bytes.withUnsafeBytes { TensorObservation.areFinite(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
        }
        #expect(areFinite())
        for place in [0, 1, 16_384, count - 1] where (0..<count).contains(place) {
            // The highest bytes of an infinity.
            for (byte, value) in [(2, UInt8(0x80)), (3, 0x7F)] { bytes[offset + 4 * place + byte] = value }
            #expect(!areFinite())
            for byte in [2, 3] { bytes[offset + 4 * place + byte] = 0 }
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 15, 16, 40])
    func whatIsNotFiniteIsNoticed(_ value: Float, _ place: Int) {
        var values = [Float](repeating: 1, count: 41)
        values[place] = value
        for set in KernelVariantTests.variants {
            #expect(values.withUnsafeBufferPointer { TensorObservation.extremes(of: $0, on: set) } == nil, "\(set)")
        }
    }
}
