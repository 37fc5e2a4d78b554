import Testing

@testable import Runtime

@Suite struct ArenaTests {
    /// Buffers that live at the same time never share a byte, and all are aligned.
    @Test func placementNeverOverlaps() throws {
        var generator = Generator(state: 3)
        for _ in 0..<50 {
            var buffers = (0..<40).map { _ in
                let first = Int.random(in: 0..<30, using: &generator)
                return ArenaBuffer(
                    byteCount: Int.random(in: 1...5000, using: &generator), first: first,
                    last: first + Int.random(in: 0..<6, using: &generator))
            }
            let total = try #require(ArenaPlanner.place(&buffers))
            for (index, a) in buffers.enumerated() {
                #expect(a.offset % ArenaPlanner.alignment == 0 && a.offset + a.byteCount <= total)
                for b in buffers[(index + 1)...] where a.first <= b.last && b.first <= a.last {
                    #expect(a.offset + a.byteCount <= b.offset || b.offset + b.byteCount <= a.offset)
                }
            }
            // No arena can be smaller than what lives in one step.
            let least = (0..<40).map { step in
                buffers.filter { $0.first <= step && step <= $0.last }.reduce(0) { $0 + $1.byteCount }
            }.max()
            #expect(total >= least ?? 0)
        }
    }

    /// A chain takes no more than its two largest neighbours.
    @Test func chainsAlternate() throws {
        var buffers = [1024, 4096, 2048, 64].enumerated().map {
            ArenaBuffer(byteCount: $1, first: $0, last: $0 + 1)
        }
        #expect(ArenaPlanner.place(&buffers) == 4096 + 2048)
    }

    @Test func sizesThatCannotBeCountedAreRefused() {
        var buffers = [ArenaBuffer(byteCount: .max - 5, first: 0, last: 1)]
        #expect(ArenaPlanner.place(&buffers) == nil)
        buffers = [
            ArenaBuffer(byteCount: .max / 3, first: 0, last: 1), ArenaBuffer(byteCount: .max / 3, first: 0, last: 1),
        ]
        #expect(ArenaPlanner.place(&buffers) == nil)
    }
}

@Suite struct QuantizedMultiplierTests {
    /// Expected: m · 2^e · 2⁻³¹ is the factor to within half a unit of m, by the definition.
    @Test(arguments: [1, 0.5, 0.75, 0.9999999999, 1e-9, 3.7e-5, 12345.678, 0x1p-31, 0x1p30])
    func isTheFactor(_ factor: Double) {
        let multiplier = QuantizedMultiplier(factor)
        #expect(multiplier.multiplier >= 1 << 30)
        let value = Double(multiplier.multiplier) * 0x1p-31
        let scaled = value * Double(sign: .plus, exponent: Int(multiplier.left - multiplier.right), significand: 1)
        #expect(abs(scaled / factor - 1) <= 0x1p-31)
    }

    @Test func limits() {
        for factor in [0, .nan, .infinity, 1e-300, Double.leastNonzeroMagnitude] {
            #expect(QuantizedMultiplier(factor).multiplier == 0)
        }
        #expect(QuantizedMultiplier(-0.75).multiplier == -QuantizedMultiplier(0.75).multiplier)
        #expect(QuantizedMultiplier(1e300) == QuantizedMultiplier(multiplier: .max, exponent: 30))
    }
}
