import ModelGraph
import Operators
import Runtime
import Testing

@testable import Optimization

/// Passes on a model part of which runs other graphs: what stands before it and behind it is a model like any other.
@Suite struct ControlFlowTests {
    /// A dense layer, a branch of two clamps, a dense layer.
    private func model() -> Model {
        var random = SeededGenerator(seed: 3)
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4])
        let condition = builder.input("condition", [1], .bool)
        let hidden = builder.node(
            FullyConnected(), [x, builder.constant("w1", [8, 4], random.floats(32))], "hidden", [1, 8])
        let branch = OpaqueOperation(
            name: "IF", callsSubgraphs: true, hosted: If(then: .index(1), otherwise: .index(2)))
        let chosen = builder.node(branch, [condition, hidden], "chosen", [1, 8])
        let y = builder.node(
            FullyConnected(), [chosen, builder.constant("w2", [3, 8], random.floats(24))], "y", [1, 3])
        var model = builder.finish(y)
        for kind in [Unary.Kind.relu, .tanh] {
            var inner = GraphBuilder()
            let a = inner.input("a", [1, 8])
            model.graphs += inner.finish(inner.node(Unary(kind), [a], "b", [1, 8])).graphs
        }
        return model
    }

    @Test(arguments: [1, 2]) func layersAroundABranchAreCalibrated(threads: Int) throws {
        var settings = PipelineSettings()
        settings.passes = ["quantize", "fold-batchnorm"]
        settings.quantization = QuantizationSettings(mode: .int8)
        let model = model()
        let result = try Pipeline.run(
            model, settings: settings, calibration: MixedSamples(), threads: ThreadPool(threads: threads)
        ).model
        let layers = result.main.order.filter { result.main[$0].operation is FullyConnected }
        #expect(layers.count == 2)
        for layer in layers { #expect(result.main[result.main[layer].inputs[1]!].type == .int8) }
        for isTrue in [true, false] {
            let (before, after) = (try run(model, isTrue), try run(result, isTrue))
            let scale = before.map(abs).max() ?? 1
            for (a, b) in zip(before, after) { #expect(abs(a - b) <= 0.03 * scale) }
        }
        #expect(try run(model, true) != run(model, false))
    }

    private func run(_ model: Model, _ condition: Bool) throws -> [Float] {
        let execution = try Execution(try Plan(model))
        try execution.withInputs { buffers in
            try MixedSamples().load(sample: 5, into: buffers, as: execution.plan.inputs)
            buffers[1][0] = condition ? 1 : 0
        }
        try execution.run()
        #expect(execution.outputInfo(0).type == .float32)
        return execution.withOutput(0) { Array($0.bindMemory(to: Float.self)) }
    }
}

/// Random numbers, and truth values in turn.
private struct MixedSamples: SampleSource {
    var count: Int { 8 }
    var summary: String { "8 random samples" }
    var isSynthetic: Bool { true }

    func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
        var random = SeededGenerator(seed: UInt64(sample))
        for (buffer, tensor) in zip(buffers, tensors) {
            if tensor.type == .bool {
                buffer[0] = UInt8(sample % 2)
            } else {
                random.floats(buffer.count / 4).withUnsafeBytes { buffer.copyMemory(from: $0) }
            }
        }
    }
}
