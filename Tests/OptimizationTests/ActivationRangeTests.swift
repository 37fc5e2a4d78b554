import ModelGraph
import Testing

@testable import Optimization

@Suite struct ActivationRangeTests {
    /// By the definition: real = scale · (q − zeroPoint) for q in -128…127.
    private func int8Range(of quantization: Quantization) -> ClosedRange<Float> {
        let zeroPoint = Float(quantization.zeroPoint)
        return (quantization.scale * (-128 - zeroPoint))...(quantization.scale * (127 - zeroPoint))
    }

    private func histogram(_ values: [Float]) -> ActivationHistogram {
        var histogram = ActivationHistogram()
        values.withUnsafeBufferPointer { histogram.count($0) }
        return histogram
    }

    @Test func zeroIsAlwaysAnInteger() {
        for range in [
            ActivationRange(lower: 1, upper: 5), ActivationRange(lower: -3, upper: -1),
            ActivationRange(lower: -0.7, upper: 2.3), ActivationRange(lower: 0, upper: 6),
        ] {
            let quantization = range.quantization
            #expect((-128...127).contains(quantization.zeroPoint))
            let real = int8Range(of: quantization)
            #expect(real.lowerBound <= 0 && real.upperBound >= 0)
        }
        #expect(ActivationRange(lower: 0, upper: 2.55).quantization == Quantization(scale: 0.01, zeroPoint: -128))
    }

    @Test func aDegenerateRangeStillHasAScale() {
        #expect(ActivationRange(lower: 0, upper: 0).quantization.scale > 0)
        #expect(ActivationRange(lower: 0, upper: .leastNonzeroMagnitude).quantization.scale > 0)
    }

    /// Whatever comes first, and however it is split: bins that are joined hold what wider ones would have counted.
    @Test func theOrderOfValuesMakesNoDifference() {
        var random = SeededGenerator(seed: 11)
        let values = [0.001, 40, 1, 0.3].flatMap { scale in random.floats(1000).map { ($0 - 0.4) * scale } }
        var parts = ActivationHistogram()
        for start in stride(from: 0, to: values.count, by: 500) {
            parts.merge(histogram(Array(values[start..<start + 500])))
        }
        #expect(parts == histogram(values) && parts == histogram(values.reversed()))
        #expect(parts.minimum == values.min() && parts.maximum == values.max())
    }

    @Test func valuesThatAreNotFiniteAreLeftOut() {
        #expect(histogram([1, .infinity, -2, .nan]) == histogram([1, -2]))
    }

    @Test func uniformValuesKeepTheirRange() {
        let range = histogram((0...10000).map { Float($0) / 10000 }).leastErrorRange()
        #expect(range.lower == 0 && range.upper > 0.98)
    }

    /// By hand: keeping 20 costs 10⁷·(20/255)²/12 = 5,126, clipping at 1 costs 4·19² + 10⁷·(1/255)²/12 = 1,457.
    @Test func aRareOutlierIsClipped() {
        var once = ActivationHistogram()
        (1...100_000).map { Float($0) / 100_000 }.withUnsafeBufferPointer { once.count($0) }
        var all = ActivationHistogram()
        for _ in 0..<100 { all.merge(once) }
        [Float(20)].withUnsafeBufferPointer { all.count($0) }
        let range = all.leastErrorRange()
        #expect(range.upper < 8 && range.upper >= 1)
    }

    /// No interval of a direct search over the samples themselves is notably better than the one found.
    @Test func theErrorIsTheLeastThatADirectSearchFinds() throws {
        var random = SeededGenerator(seed: 7)
        let values = (0..<4000).map { _ -> Float in
            let u = random.floats(4)
            return u[0] * u[1] * u[2] * u[3] * 8
        }
        func error(_ quantization: Quantization) -> Double {
            values.reduce(0) { sum, value in
                let q = max(-128, min(127, (value / quantization.scale).rounded() + Float(quantization.zeroPoint)))
                let back = (q - Float(quantization.zeroPoint)) * quantization.scale
                let isClipped = !int8Range(of: quantization).contains(value)
                return sum + Double((value - back) * (value - back)) * (isClipped ? 4 : 1)
            }
        }
        let found = error(histogram(values).leastErrorRange().quantization)
        let (lower, upper) = (try #require(values.min()), try #require(values.max()))
        let steps = stride(from: Float(0.2), through: 1, by: 0.05)
        let searched = steps.flatMap { a in
            steps.map { b in
                error(ActivationRange(lower: lower * a, upper: upper * b).quantization)
            }
        }
        #expect(found <= 1.05 * (try #require(searched.min())))
    }
}

extension Quantization {
    /// The real numbers that int8 can hold.
    fileprivate var realRange: ClosedRange<Float> {
        (scale * Float(-128 - zeroPoint))...(scale * Float(127 - zeroPoint))
    }
}
