import Runtime
import Testing

/// Expected values are computed element by element, as the formulas have it.
@Suite("Arithmetic on weights")
struct WeightArithmeticTests {
    /// Channels side by side and in runs, below, at and above whole vectors.
    static let layouts: [ChannelLayout] = [
        ChannelLayout(outer: 1, channels: 3, run: 130), ChannelLayout(outer: 9, channels: 33, run: 1),
        ChannelLayout(outer: 9, channels: 2, run: 1), ChannelLayout(outer: 3, channels: 5, run: 17),
        ChannelLayout(groups: 3, outer: 4, channels: 16, run: 1),
        ChannelLayout(groups: 2, outer: 3, channels: 3, run: 9), ChannelLayout(outer: 1, channels: 1, run: 1),
    ]

    private static func values(_ count: Int) -> [Float] {
        (0..<count).map { index in
            let bits = (UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
            return index % 7 == 3 ? 0 : Float(Int32(truncatingIfNeeded: bits >> 24)) * 0x1p-24
        }
    }

    private static func channel(_ index: Int, _ layout: ChannelLayout) -> Int {
        let row = index / (layout.channels * layout.run)
        return row / layout.outer * layout.channels + index / layout.run % layout.channels
    }

    /// Parts of all sizes, which begin and end anywhere.
    private static func parts(_ count: Int) -> [Range<Int>] {
        [0..<count, 0..<count / 2, count / 2..<count, count / 3..<count * 2 / 3, min(1, count)..<count]
    }

    @Test(arguments: KernelVariantTests.variants, layouts)
    func magnitudes(_ set: InstructionSet, _ layout: ChannelLayout) {
        var values = Self.values(layout.count)
        values[layout.count / 2] = .nan
        for part in Self.parts(layout.count) {
            var largest = [Float](repeating: 0.5, count: layout.groups * layout.channels)
            var expected = largest
            for index in part where !values[index].isNaN {
                let channel = Self.channel(index, layout)
                expected[channel] = max(expected[channel], abs(values[index]))
            }
            values[part].withUnsafeBufferPointer { values in
                largest.withUnsafeMutableBufferPointer {
                    WeightArithmetic.raise($0, toMagnitudesOf: values, from: part.lowerBound, in: layout, on: set)
                }
            }
            #expect(largest == expected)
        }
    }

    @Test(arguments: KernelVariantTests.variants, layouts)
    func integersAndBack(_ set: InstructionSet, _ layout: ChannelLayout) {
        let channels = layout.groups * layout.channels
        let scales = (0..<channels).map { 0.25 + Float($0 % 5) }
        let zeroPoints = (0..<channels).map { Float($0 % 3) - 1 }
        // Ties, and what lies beyond the integers, among others.
        var values = Self.values(layout.count)
        for index in values.indices where index % 5 == 0 { values[index] = Float(index % 64) * 0.125 - 2 }
        values[layout.count / 2] = .nan
        values[layout.count - 1] = -.infinity
        for part in Self.parts(layout.count) {
            var integers = [Int8](repeating: 0, count: part.count)
            var reals = [Float](repeating: 0, count: part.count)
            scales.withUnsafeBufferPointer { scales in
                values[part].withUnsafeBufferPointer { values in
                    integers.withUnsafeMutableBufferPointer {
                        WeightArithmetic.quantize(
                            values, from: part.lowerBound, in: layout, scales: scales, into: $0, on: set)
                    }
                }
                integers.withUnsafeBufferPointer { integers in
                    zeroPoints.withUnsafeBufferPointer { zeroPoints in
                        reals.withUnsafeMutableBufferPointer {
                            WeightArithmetic.dequantize(
                                integers, from: part.lowerBound, in: layout, zeroPoints: zeroPoints, scales: scales,
                                into: $0, on: set)
                        }
                    }
                }
            }
            #expect(
                integers
                    == part.map { index in
                        let quotient = values[index] / scales[Self.channel(index, layout)]
                        return quotient.isNaN ? 0 : Int8(max(-127, min(127, quotient)).rounded(.toNearestOrEven))
                    })
            #expect(
                reals
                    == zip(part, integers).map { index, integer in
                        let channel = Self.channel(index, layout)
                        return (Float(integer) - zeroPoints[channel]) * scales[channel]
                    })
        }
    }

    @Test(arguments: KernelVariantTests.variants, layouts)
    func products(_ set: InstructionSet, _ layout: ChannelLayout) {
        let values = Self.values(layout.count)
        let factors = (0..<layout.groups * layout.channels).map { 1.5 - Float($0 % 7) }
        for part in Self.parts(layout.count) {
            var products = Array(values[part])
            factors.withUnsafeBufferPointer { factors in
                products.withUnsafeMutableBufferPointer {
                    WeightArithmetic.multiply(
                        UnsafeBufferPointer($0), from: part.lowerBound, in: layout, by: factors, into: $0, on: set)
                }
            }
            #expect(products == part.map { values[$0] * factors[Self.channel($0, layout)] })
        }
    }

    /// The sums are the same to the bit on all instruction sets, and near those of another order.
    @Test(arguments: KernelVariantTests.variants, [0, 1, 15, 16, 17, 130, 1000])
    func zerosAndErrors(_ set: InstructionSet, _ count: Int) {
        let original = Self.values(count)
        let changed = original.map { $0 * 0.99 }
        func errors(_ set: InstructionSet) -> [Double] {
            var (signal, noise) = (1.0, 2.0)
            original.withUnsafeBufferPointer { original in
                changed.withUnsafeBufferPointer {
                    WeightArithmetic.addErrors(of: $0, against: original, signal: &signal, noise: &noise, on: set)
                }
            }
            return [signal, noise]
        }
        let found = errors(set)
        #expect(found == errors(.portable))
        let signal = original.reduce(1.0) { $0 + Double($1) * Double($1) }
        let noise = zip(original, changed).reduce(2.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
        #expect(abs(found[0] - signal) <= 1e-12 * signal && abs(found[1] - noise) <= 1e-12 * noise)
        #expect(
            original.withUnsafeBufferPointer { WeightArithmetic.zeros(in: $0, on: set) } == original.count { $0 == 0 })
    }
}
