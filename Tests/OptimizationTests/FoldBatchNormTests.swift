import ModelGraph
import Operators
import Runtime
import Testing

@testable import Optimization

@Suite struct FoldBatchNormTests {
    private func run(_ model: Model, _ passes: [String], quantized: Bool = false) throws -> PipelineResult {
        var settings = PipelineSettings()
        settings.passes = passes
        if quantized { settings.quantization = QuantizationSettings(mode: .dynamicRange) }
        return try Pipeline.run(model, settings: settings, calibration: nil, threads: ThreadPool(threads: 1))
    }

    private func floats(_ name: String, _ model: Model) -> [Float] {
        model.main.valueIDs.first { model.main[$0].name == name }.flatMap { model.main[$0].constant }?.elements() ?? []
    }

    @Test func scaleShiftAndClampMoveIntoTheConvolution() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4, 4, 1])
        let w = builder.constant("w", [2, 1, 1, 1], [3, 4])
        let b = builder.constant("b", [2], [1, 2])
        let conv = builder.node(Convolution(strides: [1, 1]), [x, w, b], "conv", [1, 4, 4, 2])
        let gamma = builder.constant("gamma", [2], [2, -0.5])
        let scaled = builder.node(Binary(.multiply), [conv, gamma], "scaled", [1, 4, 4, 2])
        let beta = builder.constant("beta", [2], [10, 20])
        let y = builder.node(Binary(.add, activation: .relu6), [scaled, beta], "y", [1, 4, 4, 2])
        let result = try run(builder.finish(y), ["fold-batchnorm"])

        #expect(
            result.model.main.text == """
                x: float32 [1, 4, 4, 1]
                y: float32 [1, 4, 4, 2] = Convolution(x, w: float32 [2, 1, 1, 1], b: float32 [2])
                → y
                """)
        // W′ = W·γ, b′ = b·γ + β, by hand.
        #expect(floats("w", result.model) == [6, -2])
        #expect(floats("b", result.model) == [12, 19])
        let node = result.model.main[result.model.main.order[0]]
        #expect((node.operation as? Convolution)?.activation == .relu6)
    }

    @Test func depthwiseFoldsAlongItsLastAxis() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2, 2, 2])
        let w = builder.constant("w", [1, 2, 1, 2], [1, 2, 3, 4])
        let conv = builder.node(DepthwiseConvolution(strides: [1, 1]), [x, w], "conv", [1, 1, 2, 2])
        let gamma = builder.constant("gamma", [2], [10, 100])
        let y = builder.node(Binary(.multiply), [conv, gamma], "y", [1, 1, 2, 2])
        let result = try run(builder.finish(y), ["fold-batchnorm"])
        #expect(floats("w", result.model) == [10, 200, 30, 400])
        #expect(floats("y/bias", result.model).isEmpty)
        #expect(floats("conv/bias", result.model) == [0, 0])
    }

    @Test func sharedWeightsAreLeftAloneAndThatIsSaid() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2])
        let w = builder.constant("w", [2, 2], [1, 2, 3, 4])
        let gamma = builder.constant("gamma", [2], [2, 2])
        let a = builder.node(FullyConnected(), [x, w], "a", [1, 2])
        let scaled = builder.node(Binary(.multiply), [a, gamma], "scaled", [1, 2])
        let y = builder.node(FullyConnected(), [scaled, w], "y", [1, 2])
        let model = builder.finish(y)
        let result = try run(model, ["fold-batchnorm"])
        #expect(result.model.main.text == model.main.text)
        #expect(result.records[0].notes == ["a keeps its normalization: other operators read its weights"])
    }

    /// A chain of dense or convolutional layers with random normalization behind each.
    private func randomModel(seed: UInt64) -> Model {
        var random = SeededGenerator(seed: seed)
        var builder = GraphBuilder()
        let channels = [3, 5, 4]
        var value = builder.input("x", [1, 4, 4, channels[0]])
        for layer in 1..<channels.count {
            let (i, o) = (channels[layer - 1], channels[layer])
            let shape: Shape = [1, 4, 4, o]
            let w = builder.constant("w\(layer)", [o, 1, 1, i], random.floats(o * i))
            let b = layer == 1 ? builder.constant("b\(layer)", [o], random.floats(o)) : nil
            value = builder.node(
                Convolution(strides: [1, 1]), [value, w] + (b.map { [$0] } ?? []), "c\(layer)", shape)
            let gamma = builder.constant("g\(layer)", [o], random.floats(o, in: -3...3))
            value = builder.node(Binary(.multiply), [value, gamma], "m\(layer)", shape)
            let beta = builder.constant("e\(layer)", [o], random.floats(o))
            value = builder.node(Binary(.add), [value, beta], "a\(layer)", shape)
            value = builder.node(Unary(.relu), [value], "r\(layer)", shape)
        }
        return builder.finish(value)
    }

    /// Folding behind or ahead of quantization gives the same integers, but for rounding ties.
    @Test(arguments: 0..<200) func bothOrdersGiveTheSameIntegers(seed: UInt64) throws {
        let model = randomModel(seed: seed)
        let after = try run(model, ["quantize", "fold-batchnorm"], quantized: true).model.main
        let before = try run(model, ["fold-batchnorm", "quantize"], quantized: true).model.main
        #expect(after.text == before.text)
        var compared = 0
        for (a, b) in zip(after.order, before.order) {
            for case (let left?, let right?) in zip(after[a].inputs, before[b].inputs) {
                guard let x = after[left].constant, let y = before[right].constant else { continue }
                if after[left].type == .int8 {
                    let differences = zip(x.elements(as: Int8.self), y.elements(as: Int8.self)).count { $0 != $1 }
                    #expect(differences == 0)
                    compared += 1
                    let scales = zip(after[left].quantization!.scales, before[right].quantization!.scales)
                    #expect(scales.allSatisfy { abs($0 - $1) <= 2e-7 * $1 })
                } else {
                    let pairs = zip(x.elements(as: Float.self), y.elements(as: Float.self))
                    #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-6 })
                }
            }
        }
        #expect(compared == 2)
    }
}
