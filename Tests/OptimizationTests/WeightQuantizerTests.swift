import ModelGraph
import Testing

@testable import Optimization

@Suite struct WeightQuantizerTests {
    /// By the specification: scale = max |w| / 127 for each channel, q = round(w / scale).
    @Test func eachChannelHasItsOwnScale() {
        let weights = WeightTensor(values: [1.27, -0.5, 0, 12.7, 5, -12.7], sizes: [2, 3], channelAxis: 0)
        let result = WeightQuantizer.quantize(weights)
        #expect(result.integers == [127, -50, 0, 127, 50, -127])
        #expect(abs(result.scales[0] - 0.01) < 1e-9 && abs(result.scales[1] - 0.1) < 1e-8)
    }

    @Test func aChannelOfZerosTakesTheLayersScale() {
        let weights = WeightTensor(values: [0, 0, 1.27, 0], sizes: [2, 2], channelAxis: 0)
        let result = WeightQuantizer.quantize(weights)
        #expect(result.integers == [0, 0, 127, 0])
        #expect(result.scales[0] == result.scales[1])
    }

    @Test func aDenseLayerHasOneScaleUnlessItsRowsDifferTooMuch() {
        let alike = WeightTensor(values: [1.27, -0.5, 0.64, 0.9], sizes: [2, 2], channelAxis: 0)
        #expect(WeightQuantizer.quantizeDense(alike).scales.count == 1)
        #expect(WeightQuantizer.quantizeDense(alike).integers == [127, -50, 64, 90])
        // Rows of 0.0039 beside one entry of 1 fall to zero at a scale of 1/127: 10·log10(1.06/0.06) = 12.4 dB are left.
        let values = Array(repeating: Float(0.0039), count: 4000) + [1.0] + Array(repeating: 0, count: 399)
        let unlike = WeightTensor(values: values, sizes: [11, 400], channelAxis: 0)
        #expect(WeightQuantizer.quantizeDense(unlike).scales.count == 11)
    }

    /// A bias that a weight scale would push beyond int32 widens that scale.
    @Test func theScaleIsWidenedUntilTheBiasFits() {
        let weights = WeightTensor(values: [1e-8, 1], sizes: [2, 1], channelAxis: 0)
        let minimum = WeightQuantizer.minimumScales(bias: [100, 100], gamma: [1, 1], inputScale: 0.01)
        let result = WeightQuantizer.quantize(weights, minimumScales: minimum)
        let bias = Value.quantizedBias([100, 100], inputScale: 0.01, weightScales: result.scales, name: "b")
        let integers: [Int32] = bias.constant?.elements() ?? []
        let real = zip(integers, bias.quantization?.scales ?? []).map { Double($0) * Double($1) }
        #expect(real.allSatisfy { abs($0 - 100) < 1e-3 })
        #expect(integers[0] < Int32.max / 2 + 2)
    }

    @Test func halfPrecisionIsWidenedExactly() {
        // Bit patterns of IEEE 754 binary16: 1, −2, 65504, the least subnormal, 1/3 rounded.
        let bits: [UInt16] = [0x3C00, 0xC000, 0x7BFF, 0x0001, 0x3555]
        #expect(bits.map { Float(halfBits: $0) } == [1, -2, 65504, 0x1p-24, 0.33325195])
        #expect(Float(halfBits: 0x7C00) == .infinity && Float(halfBits: 0x7E00).isNaN)
    }
}
