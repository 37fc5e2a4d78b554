import ModelGraph
import Operators
import Runtime
import Testing

@testable import Optimization

/// Seeded random samples in [-1, 1].
struct RandomSamples: SampleSource {
    var count = 8
    var summary: String { "\(count) random samples" }
    var isSynthetic: Bool { true }

    func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
        var random = SeededGenerator(seed: UInt64(sample))
        for buffer in buffers {
            let floats = random.floats(buffer.count / 4)
            floats.withUnsafeBytes { buffer.copyMemory(from: $0) }
        }
    }
}

@Suite struct QuantizeTests {
    func quantize(
        _ model: Model, _ passes: [String] = ["quantize", "fold-batchnorm"],
        mode: QuantizationSettings.Mode = .int8, interface: QuantizationSettings.Interface = .asInput,
        threads: Int = 1
    ) throws -> PipelineResult {
        var settings = PipelineSettings()
        settings.passes = passes
        var quantization = QuantizationSettings(mode: mode)
        quantization.interface = interface
        settings.quantization = quantization
        return try Pipeline.run(
            model, settings: settings, calibration: RandomSamples(), threads: ThreadPool(threads: threads))
    }

    /// Two dense layers with a clamp between them and a softmax at the end.
    private func classifier() -> Model {
        var random = SeededGenerator(seed: 1)
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4])
        let w1 = builder.constant("w1", [3, 4], random.floats(12))
        let w2 = builder.constant("w2", [2, 3], random.floats(6))
        let hidden = builder.node(FullyConnected(), [x, w1], "hidden", [1, 3])
        let active = builder.node(Unary(.relu), [hidden], "active", [1, 3])
        let logits = builder.node(FullyConnected(), [active, w2], "logits", [1, 2])
        let y = builder.node(Softmax(), [logits], "y", [1, 2])
        return builder.finish(y)
    }

    func kinds(_ model: Model) -> [String] {
        model.main.order.map { id in
            let node = model.main[id]
            return "\(node.operation.name) \(node.outputs.map { model.main[$0].type.rawValue }.joined(separator: ","))"
        }
    }

    /// The outputs are those of the model as it was given: nobody sees them where a pass has changed it before.
    @Test(arguments: [1, 2]) func outputsAreRecordedWhileCalibrating(_ threads: Int) throws {
        var settings = PipelineSettings()
        settings.passes = ["prune", "quantize"]
        settings.quantization = QuantizationSettings(mode: .int8)
        let (model, pool) = (classifier(), ThreadPool(threads: threads))
        let record = OutputRecord(limit: 5)
        _ = try Pipeline.run(
            model, settings: settings, calibration: RandomSamples(), threads: pool, record: record)
        let execution = try Execution(try Plan(model))
        let expected = try (0..<5).map { sample in
            try execution.withInputs {
                try RandomSamples().load(sample: sample, into: $0, as: execution.plan.inputs)
            }
            try execution.run()
            return [execution.withOutput(0) { Array($0) }]
        }
        #expect(record.outputs(ofFirst: 5) == expected)
        #expect(record.outputs(ofFirst: 6) == nil)
        settings.pruning = PruneSettings(sparsity: 0.5)
        settings.pruning?.includesFirstAndLast = true
        let other = OutputRecord(limit: 5)
        _ = try Pipeline.run(
            model, settings: settings, calibration: RandomSamples(), threads: pool, record: other)
        #expect(other.outputs(ofFirst: 1) == nil)
    }

    @Test func floatInputsAndOutputsStayFloatBehindQuantizeAndDequantize() throws {
        let result = try quantize(classifier()).model
        #expect(
            kinds(result) == [
                "Quantize int8", "FullyConnected int8", "FullyConnected int8", "Softmax int8", "Dequantize float32",
            ])
        #expect(result.main.inputs.map { result.main[$0].name } == ["x"])
        #expect(result.main.outputs.map { result.main[$0].name } == ["y"])
        // The specification fixes the result of a softmax.
        let softmax = result.main[result.main.order[3]].outputs[0]
        #expect(result.main[softmax].quantization == Quantization(scale: 1 / 256, zeroPoint: -128))
    }

    @Test func integerInputsAndOutputsOnRequest() throws {
        let result = try quantize(classifier(), interface: .int8).model
        #expect(kinds(result) == ["FullyConnected int8", "FullyConnected int8", "Softmax int8"])
        let x = result.main[result.main.inputs[0]]
        #expect(x.type == .int8 && x.name == "x" && x.quantization != nil)
        let y = result.main[result.main.outputs[0]]
        #expect(y.type == .int8 && y.name == "y")
    }

    @Test func floatInputsAndOutputsOfAnIntegerModelOnRequest() throws {
        let integer = try quantize(classifier(), interface: .int8).model
        let real = try quantize(integer, interface: .float).model
        #expect(
            kinds(real) == [
                "Quantize int8", "FullyConnected int8", "FullyConnected int8", "Softmax int8", "Dequantize float32",
            ])
        #expect(real.main.inputs.map { real.main[$0].name } == ["x"])
        #expect(real.main.outputs.map { real.main[$0].name } == ["y"])
        #expect(kinds(try quantize(real, interface: .int8).model) == kinds(integer))
    }

    /// An input and an output that other operators read too stay readable as real numbers.
    @Test func integerInterfaceBesideFloatReaders() throws {
        var builder = GraphBuilder()
        var random = SeededGenerator(seed: 3)
        let x = builder.input("x", [1, 4])
        let w = builder.constant("w", [4, 4], random.floats(16))
        let a = builder.node(FullyConnected(), [x, w], "a", [1, 4])
        let sine = builder.node(Unary(.sin), [x], "sine", [1, 4])
        let cosine = builder.node(Unary(.cos), [a], "cosine", [1, 4])
        let graph = try quantize(builder.finish(a, sine, cosine), interface: .int8).model.main
        #expect(graph[graph.inputs[0]].type == .int8)
        #expect(graph.outputs.map { graph[$0].name } == ["a", "sine", "cosine"])
        #expect(graph.outputs.map { graph[$0].type } == [.int8, .float32, .float32])
    }

    @Test func biasesAreInt32WithTheProductOfTheScales() throws {
        let graph = try quantize(classifier()).model.main
        for id in graph.order {
            let node = graph[id]
            guard node.operation is FullyConnected, case let bias?? = node.inputs.last, let x = node.inputs[0],
                let w = node.inputs[1]
            else { continue }
            #expect(graph[bias].type == .int32)
            let input = try #require(graph[x].quantization?.scale)
            #expect(graph[bias].quantization?.scales == graph[w].quantization?.scales.map { input * $0 })
            // The specification gives dense layers one scale.
            #expect(graph[w].quantization?.isPerTensor == true)
        }
    }

    /// With one scale for all channels, folding behind quantization is not exact: the pass folds first, and says so.
    @Test func normalizationBehindADenseLayerIsFoldedFirst() throws {
        func model() -> Model {
            var random = SeededGenerator(seed: 9)
            var builder = GraphBuilder()
            let x = builder.input("x", [1, 8])
            let w = builder.constant("w", [4, 8], random.floats(32))
            let dense = builder.node(FullyConnected(), [x, w], "dense", [1, 4])
            let gamma = builder.constant("gamma", [4], [2, -1, 0.5, 3])
            let scaled = builder.node(Binary(.multiply), [dense, gamma], "scaled", [1, 4])
            return builder.finish(builder.node(Unary(.relu), [scaled], "y", [1, 4]))
        }
        let after = try quantize(model(), ["quantize", "fold-batchnorm"])
        let before = try quantize(model(), ["fold-batchnorm", "quantize"])
        #expect(after.records[0].notes == ["folded ahead of quantizing, as it has one scale: dense"])
        #expect(kinds(after.model) == ["Quantize int8", "FullyConnected int8", "Dequantize float32"])
        let constants = [after, before].map { result in
            result.model.main.valueIDs.compactMap { result.model.main[$0].constant }.filter { $0.byteCount > 0 }
        }
        #expect(constants[0] == constants[1])
    }

    @Test func operatorsThatShareTheirParametersDo() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4, 4, 2])
        var random = SeededGenerator(seed: 3)
        let w = builder.constant("w", [2, 1, 1, 2], random.floats(4))
        let a = builder.node(Convolution(strides: [1, 1]), [x, w], "a", [1, 4, 4, 2])
        let pooled = builder.node(Pool(.max, window: [2, 2], strides: [2, 2]), [a], "pooled", [1, 2, 2, 2])
        let b = builder.node(Pool(.average, window: [2, 2], strides: [2, 2]), [x], "b", [1, 2, 2, 2])
        let joined = builder.node(Concatenation(axis: 3), [pooled, b], "joined", [1, 2, 2, 4])
        let graph = try quantize(builder.finish(joined)).model.main
        let names = ["x_int8", "a", "pooled", "b", "joined_int8"]
        let parameters = names.map { name in
            graph.valueIDs.first { graph[$0].name == name }.flatMap { graph[$0].quantization }
        }
        #expect(parameters.allSatisfy { $0 != nil && $0 == parameters[0] })
    }

    @Test func anOperatorWithoutAnInt8FormStaysFloatAndIsNamed() throws {
        var builder = GraphBuilder()
        var random = SeededGenerator(seed: 3)
        let x = builder.input("x", [1, 4])
        let w = builder.constant("w", [4, 4], random.floats(16))
        let a = builder.node(FullyConnected(), [x, w], "a", [1, 4])
        let sine = builder.node(Unary(.sin), [a], "sine", [1, 4])
        let y = builder.node(FullyConnected(), [sine, w], "y", [1, 4])
        let result = try quantize(builder.finish(y))
        #expect(
            kinds(result.model) == [
                "Quantize int8", "FullyConnected int8", "Dequantize float32", "Sin float32", "Quantize int8",
                "FullyConnected int8", "Dequantize float32",
            ])
        #expect(result.records[0].notes == ["stays float, as Sin has no int8 form: sine"])
    }

    @Test func theShapeOfAnIntegerTensorNeedsNoDequantize() throws {
        var builder = GraphBuilder()
        var random = SeededGenerator(seed: 3)
        let x = builder.input("x", [1, 4])
        let w = builder.constant("w", [4, 4], random.floats(16))
        let a = builder.node(FullyConnected(), [x, w], "a", [1, 4])
        let shape = builder.node(ShapeOf(), [a], "shape", [2], .int32)
        let y = builder.node(Reshape(), [a, shape], "y", [1, 4])
        let result = try quantize(builder.finish(y))
        #expect(
            kinds(result.model) == [
                "Quantize int8", "FullyConnected int8", "Shape int32", "Reshape int8", "Dequantize float32",
            ])
        #expect(result.records[0].notes.isEmpty)
    }

    @Test func whatIsQuantizedAlreadyIsNotQuantizedAgain() throws {
        let once = try quantize(classifier()).model
        let twice = try quantize(once)
        #expect(twice.model.main.text == once.main.text)
        #expect(twice.records[0].notes.contains { $0.hasPrefix("the input is quantized already") })
    }

    @Test func zerosStayZeros() throws {
        var settings = PipelineSettings()
        var pruning = PruneSettings(sparsity: 0.5)
        pruning.includesFirstAndLast = true
        settings.pruning = pruning
        settings.quantization = QuantizationSettings(mode: .int8)
        let graph = try Pipeline.run(
            classifier(), settings: settings, calibration: RandomSamples(), threads: ThreadPool(threads: 1)
        ).model.main
        for group in LinearGroup.all(in: graph) {
            let integers: [Int8] = graph[group.weights].constant?.elements() ?? []
            #expect(integers.count { $0 == 0 } >= integers.count / 2)
        }
    }

    @Test func weightOnlyKeepsTheArithmeticFloat() throws {
        let model = try quantize(largeDense(), mode: .weightOnly).model
        #expect(kinds(model) == ["Dequantize float32", "FullyConnected float32"])
    }

    @Test func dynamicRangeReadsIntegersDirectly() throws {
        let model = try quantize(largeDense(), mode: .dynamicRange).model
        #expect(kinds(model) == ["FullyConnected float32"])
        let graph = model.main
        #expect(graph[graph.order[0]].inputs[1].map { graph[$0].type } == .int8)
    }

    /// Weights of other precisions go back to theirs, as the operator takes operands of one type.
    @Test(arguments: [ElementType.float16, .float64], [QuantizationSettings.Mode.dynamicRange, .weightOnly])
    func weightsBecomeWhatTheArithmeticTakes(type: ElementType, mode: QuantizationSettings.Mode) throws {
        let model = try quantize(largeDense(type), mode: mode).model
        #expect(kinds(model) == ["Dequantize float32", "Cast \(type.rawValue)", "FullyConnected \(type.rawValue)"])
        #expect(model.main.text.contains("int8"))
    }

    private func largeDense(_ type: ElementType = .float32) -> Model {
        var random = SeededGenerator(seed: 5)
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 32], type)
        let floats = random.floats(256)
        let w =
            switch type {
            case .float16: builder.half("w", [8, 32], (0..<256).map { 0x3000 + 7 * $0 })
            case .float64: builder.double("w", [8, 32], floats.map { Double($0) })
            default: builder.constant("w", [8, 32], floats)
            }
        return builder.finish(builder.node(FullyConnected(), [x, w], "y", [1, 8], type))
    }

    @Test func theNumberOfThreadsChangesNothing() throws {
        let one = try quantize(classifier(), threads: 1).model.main
        let three = try quantize(classifier(), threads: 3).model.main
        #expect(one.text == three.text)
        for id in one.valueIDs where three.contains(id) { #expect(one[id].constant == three[id].constant) }
    }

    /// A chain of convolutions with normalization spelled out behind each.
    private func normalized(seed: UInt64) -> Model {
        var random = SeededGenerator(seed: seed)
        var builder = GraphBuilder()
        let channels = [2, 4, 1, 3]
        var value = builder.input("x", [1, 4, 4, channels[0]])
        for layer in 1..<channels.count {
            let (i, o) = (channels[layer - 1], channels[layer])
            let shape: Shape = [1, 4, 4, o]
            let w = builder.constant("w\(layer)", [o, 1, 1, i], random.floats(o * i))
            let b = builder.constant("b\(layer)", [o], random.floats(o))
            value = builder.node(Convolution(strides: [1, 1]), [value, w, b], "c\(layer)", shape)
            var scales = random.floats(o, in: -3...3)
            // A channel that training has switched off has nothing but its shift.
            if layer == 1 { scales[0] = 0 }
            let gamma = builder.constant("g\(layer)", [o], scales)
            value = builder.node(Binary(.multiply), [value, gamma], "m\(layer)", shape)
            let beta = builder.constant("e\(layer)", [o], random.floats(o, in: 1...3))
            value = builder.node(Binary(.add, activation: .relu), [value, beta], "a\(layer)", shape)
        }
        return builder.finish(value)
    }

    /// Decision 4: folding behind or ahead of quantization gives the same integers. A tie may fall either way, because
    /// W·γ is rounded to float32 when folded first, so one step is allowed in one weight or bias of a hundred.
    @Test(arguments: 0..<60) func bothOrdersGiveTheSameIntegers(seed: UInt64) throws {
        let after = try quantize(normalized(seed: seed), ["prune", "quantize", "fold-batchnorm"]).model.main
        let before = try quantize(normalized(seed: seed), ["prune", "fold-batchnorm", "quantize"]).model.main
        #expect(after.text.filter { !$0.isNumber } == before.text.filter { !$0.isNumber })
        var compared = 0
        var differing = 0
        for (a, b) in zip(after.order, before.order) {
            for case (let left?, let right?) in zip(after[a].inputs, before[b].inputs) {
                guard let x = after[left].constant, let y = before[right].constant else { continue }
                #expect(after[left].type == before[right].type)
                let pairs =
                    after[left].type == .int8
                    ? zip(x.elements(as: Int8.self).map(Int.init), y.elements(as: Int8.self).map(Int.init))
                    : zip(x.elements(as: Int32.self).map(Int.init), y.elements(as: Int32.self).map(Int.init))
                for (p, q) in pairs {
                    compared += 1
                    if p != q { differing += 1 }
                    #expect(abs(p - q) <= max(1, abs(q) / 1000))
                }
            }
        }
        #expect(compared == 8 + 4 + 4 + 1 + 3 + 3)
        #expect(differing <= 3)
        // What is left of a chain would make a model that no engine takes.
        _ = try Plan(Model(format: .tflite, graphs: [after]))
    }

    /// W·0 + 3 is 3, however small W's scale is.
    @Test func theShiftOfASwitchedOffChannelFits() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2, 2, 1])
        let w = builder.constant("w", [2, 1, 1, 1], [1e-6, 1])
        let conv = builder.node(Convolution(strides: [1, 1]), [x, w], "conv", [1, 2, 2, 2])
        let gamma = builder.constant("gamma", [2], [0, 1])
        let scaled = builder.node(Binary(.multiply), [conv, gamma], "scaled", [1, 2, 2, 2])
        let beta = builder.constant("beta", [2], [3, 0])
        let y = builder.node(Binary(.add), [scaled, beta], "y", [1, 2, 2, 2])
        let graph = try quantize(builder.finish(y)).model.main
        let node = try #require(graph.order.map { graph[$0] }.first { $0.operation is Convolution })
        let bias = graph[try #require(node.inputs[2])]
        let integers: [Int32] = bias.constant?.elements() ?? []
        let scales = try #require(bias.quantization?.scales)
        #expect(abs(Double(integers[0]) * Double(scales[0]) - 3) < 1e-3)
    }

    /// Weights that two dense layers share cannot be folded into; what is behind them is quantized by itself.
    @Test func sharedDenseWeightsKeepTheirNormalization() throws {
        var builder = GraphBuilder()
        var random = SeededGenerator(seed: 4)
        let x = builder.input("x", [1, 4])
        let w = builder.constant("w", [4, 4], random.floats(16))
        let gamma = builder.constant("gamma", [4], [2, -1, 0.5, 3])
        let a = builder.node(FullyConnected(), [x, w], "a", [1, 4])
        let scaled = builder.node(Binary(.multiply), [a, gamma], "scaled", [1, 4])
        let y = builder.node(FullyConnected(), [scaled, w], "y", [1, 4])
        let result = try quantize(builder.finish(y))
        #expect(
            kinds(result.model) == [
                "Quantize int8", "FullyConnected int8", "Multiply int8", "FullyConnected int8", "Dequantize float32",
            ])
        _ = try Plan(result.model)
    }

    @Test func weightsThatAreNoNumbersStayFloat() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2])
        let w = builder.constant("w", [2, 2], [.nan, 1, 2, 3])
        let result = try quantize(builder.finish(builder.node(FullyConnected(), [x, w], "y", [1, 2])))
        #expect(kinds(result.model) == ["FullyConnected float32"])
    }

    private struct NotNumbers: SampleSource {
        var count: Int { 2 }
        var summary: String { "bad samples" }
        var isSynthetic: Bool { false }

        func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
            for buffer in buffers { buffer.storeBytes(of: sample == 1 ? Float.nan : 1, as: Float.self) }
        }
    }

    @Test func samplesThatAreNoNumbersAreRefused() throws {
        var settings = PipelineSettings()
        settings.quantization = QuantizationSettings(mode: .int8)
        let error = #expect(throws: PassError.self) {
            try Pipeline.run(
                classifier(), settings: settings, calibration: NotNumbers(), threads: ThreadPool(threads: 1))
        }
        #expect(error?.kind == .unreadable)
        #expect("\(String(describing: error))".contains("sample 1 of bad samples"))
    }
}
