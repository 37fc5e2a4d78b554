import ModelGraph
import Operators
import Runtime
import Testing

@testable import Optimization

@Suite struct PruneTests {
    /// Three dense layers, so that the middle one is neither first nor last.
    private func model(gamma: [Float]? = nil) -> Model {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2])
        let first = builder.constant("first", [2, 2], [1, -0.1, 0.2, 3])
        let middle = builder.constant("middle", [2, 2], [0.5, -0.1, 0.2, 3])
        let last = builder.constant("last", [2, 2], [1, -0.1, 0.2, 3])
        var value = builder.node(FullyConnected(), [x, first], "a", [1, 2])
        value = builder.node(FullyConnected(), [value, middle], "b", [1, 2])
        if let gamma {
            value = builder.node(Binary(.multiply), [value, builder.constant("gamma", [2], gamma)], "scaled", [1, 2])
        }
        value = builder.node(FullyConnected(), [value, last], "c", [1, 2])
        return builder.finish(value)
    }

    private func weights(_ name: String, of model: Model) -> [Float] {
        model.main.valueIDs.first { model.main[$0].name == name }.flatMap { model.main[$0].constant }?.elements() ?? []
    }

    private func prune(_ model: Model, _ settings: PruneSettings) throws -> PipelineResult {
        var pipeline = PipelineSettings()
        pipeline.passes = ["prune"]
        pipeline.pruning = settings
        return try Pipeline.run(model, settings: pipeline, calibration: nil, threads: ThreadPool(threads: 1))
    }

    @Test func theSmallestMagnitudesOfEachLayerGo() throws {
        let result = try prune(model(), PruneSettings(sparsity: 0.5))
        #expect(weights("middle", of: result.model) == [0.5, 0, 0, 3])
        #expect(result.records[0].patches == ["zero 2 weights of b"])
    }

    @Test func firstAndLastLayersKeepTheirWeightsUnlessAsked() throws {
        let result = try prune(model(), PruneSettings(sparsity: 0.5))
        #expect(weights("first", of: result.model) == [1, -0.1, 0.2, 3])
        #expect(weights("last", of: result.model) == [1, -0.1, 0.2, 3])
        #expect(result.records[0].notes.contains { $0.contains("a, c") })
        var settings = PruneSettings(sparsity: 0.5)
        settings.includesFirstAndLast = true
        #expect(weights("first", of: try prune(model(), settings).model) == [1, 0, 0, 3])
    }

    @Test func weightsAreRankedByWhatTheyAddBehindTheNormalization() throws {
        let result = try prune(model(gamma: [0.01, 10]), PruneSettings(sparsity: 0.5))
        #expect(weights("middle", of: result.model) == [0, 0, 0.2, 3])
    }

    @Test func depthwiseWeightsStayUnlessAsked() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2, 2, 2])
        let outer = builder.constant("outer", [2, 1, 1, 2], [1, 2, 3, 4])
        let filter = builder.constant("filter", [1, 1, 2, 2], [0.1, 0.2, 3, 4])
        var value = builder.node(Convolution(strides: [1, 1]), [x, outer], "a", [1, 2, 2, 2])
        value = builder.node(
            DepthwiseConvolution(strides: [1, 1], padding: .same), [value, filter], "b", [1, 2, 2, 2])
        value = builder.node(Convolution(strides: [1, 1]), [value, outer], "c", [1, 2, 2, 2])
        let model = builder.finish(value)
        #expect(weights("filter", of: try prune(model, PruneSettings(sparsity: 0.5)).model) == [0.1, 0.2, 3, 4])
        var settings = PruneSettings(sparsity: 0.5)
        settings.includesDepthwise = true
        #expect(weights("filter", of: try prune(model, settings).model) == [0, 0, 3, 4])
    }

    /// LAMP scores by hand: w² over the sum of squares of the layer's weights at least as large.
    @Test func globallyTheLeastScoresGo() {
        // [1, 2]: 1/5, 1. [3, 30]: 9/909, 1.
        #expect(PrunePass.smallestGlobally([[1, 2], [3, 30]], share: 0.25) == [[], [0]])
        #expect(PrunePass.smallestGlobally([[1, 2], [3, 30]], share: 0.5) == [[0], [0]])
    }

    private struct Ones: SampleSource {
        var count: Int { 3 }
        var summary: String { "ones" }
        var isSynthetic: Bool { true }

        func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
            for buffer in buffers {
                for index in 0..<buffer.count / 4 {
                    buffer.storeBytes(of: Float(1), toByteOffset: 4 * index, as: Float.self)
                }
            }
        }
    }

    /// By hand: the first layer answers (0.9, 3.2) to ones, so the middle layer loses −0.1·3.2 and 0.2·0.9.
    @Test func withSamplesTheBiasTakesTheMeanOfWhatGoes() throws {
        var pipeline = PipelineSettings()
        pipeline.passes = ["prune"]
        pipeline.pruning = PruneSettings(sparsity: 0.5)
        let result = try Pipeline.run(
            model(), settings: pipeline, calibration: Ones(), threads: ThreadPool(threads: 2))
        #expect(weights("middle", of: result.model) == [0.5, 0, 0, 3])
        let bias = weights("b/bias", of: result.model)
        try #require(bias.count == 2)
        #expect(abs(bias[0] + 0.32) < 1e-6 && abs(bias[1] - 0.18) < 1e-6)
    }

    @Test func aSparsityOutsideZeroToOneIsRefused() {
        #expect(throws: PassError.self) { try prune(model(), PruneSettings(sparsity: 1.5)) }
        #expect(throws: PassError.self) { try prune(model(), PruneSettings(sparsity: .nan)) }
    }
}
