import ModelGraph
import Runtime
import Testing

@testable import Optimization

@Suite("Weights read block by block")
struct StoredWeightsTests {
    private static let thread = ThreadPool(threads: 1)

    /// More elements than a block has, in an order that crosses its border within a channel.
    private static let values: [Float] = (0..<3 * 100 * 300).map { index in
        let z = (UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        return Float(Int32(truncatingIfNeeded: z >> 24)) * 0x1p-31
    }

    @Test(
        "The integers are those of weights that are read as a whole",
        arguments: [
            ([300, 300], 0, 1), ([300, 300], 1, 1), ([90_000, 1], 0, 1), ([300, 3, 100], 1, 3),
        ])
    func integers(sizes: [Int], axis: Int, groups: Int) {
        let whole = WeightQuantizer.quantize(
            WeightTensor(values: Self.values, sizes: sizes, channelAxis: axis, groups: groups))
        let stored = StoredWeights(
            real: TensorData(Self.values), type: .float32,
            arrangement: WeightArrangement(sizes: sizes, channelAxis: axis, groups: groups))
        let result = WeightQuantizer.quantizeStored([(stored, [])], threads: Self.thread)[0]
        #expect(result.scales == whole.scales)
        #expect(result.integers == TensorData(whole.integers))
    }

    /// What is known of a channel while later ones are yet to be read must not tell: zeros take the scale of the layer, as do
    /// NaN, and tiny numbers the least there is.
    @Test(arguments: [0, 1]) func channelsWithoutScalesOfTheirOwn(axis: Int) {
        var rows: [[Float]] = [
            [0, 0, -0.0], [0x1p-146, 0, -0x1p-140], [.nan, 0, 0], [1, -2, 3], [.infinity, 1, 0],
        ]
        for channels in [5, 4] {
            rows = Array(rows.prefix(channels))
            // Several blocks, of which a channel fills more than one.
            let wide = rows.map { row in (0..<30_000).map { row[$0 % 3] } }
            let values = axis == 0 ? wide.flatMap(\.self) : (0..<30_000).flatMap { place in wide.map { $0[place] } }
            let sizes = axis == 0 ? [channels, 30_000] : [30_000, channels]
            let whole = WeightQuantizer.quantize(WeightTensor(values: values, sizes: sizes, channelAxis: axis))
            let stored = StoredWeights(
                real: TensorData(values), type: .float32,
                arrangement: WeightArrangement(sizes: sizes, channelAxis: axis))
            let result = WeightQuantizer.quantizeStored([(stored, [])], threads: Self.thread)[0]
            #expect(result.scales == whole.scales)
            #expect(result.integers == TensorData(whole.integers))
        }
    }

    /// The even one of two integers that are equally near: 0.5 → 0, 1.5 → 2, 2.5 → 2, -0.5 → 0, -1.5 → -2.
    @Test func roundsToEven() {
        let values: [Float] = [127, 0.5, 1.5, 2.5, -0.5, -1.5, -127, 126.5, .nan]
        let result = WeightQuantizer.quantize(WeightTensor(values: values, sizes: [1, 9], channelAxis: 0))
        #expect(result.integers == [127, 0, 2, 2, 0, -2, -127, 126, 0])
    }

    @Test func halvesAreWidened() {
        // 1, -2, 0.5 and 0 as IEEE 754 binary16.
        let stored = StoredWeights(
            real: TensorData([0x3C00, 0xC000, 0x3800, 0] as [UInt16]), type: .float16,
            arrangement: WeightArrangement(sizes: [2, 2], channelAxis: 0))
        #expect(WeightQuantizer.quantizeStored([(stored, [])], threads: Self.thread)[0].scales == [2 / 127, 0.5 / 127])
        #expect(stored.sparsity == 0.25)
    }
}
