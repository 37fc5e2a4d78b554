import ModelGraph
import Operators
import Testing

@testable import ONNXFormat

@Suite("Integer operators in QDQ and QOperator form")
struct QuantizedFormTests {
    private static func written(_ graph: Graph) throws -> Model {
        try Locations.read(try ONNXWriter.bytes(of: Model(format: .onnx, graphs: [graph])))
    }

    private static func types(_ model: Model) throws -> [String] {
        let source = try #require(model.source as? ONNXSource)
        return source.graphMessage.children(.init(1)).map { $0.text(.init(4)) }
    }

    /// Operators between DequantizeLinear and QuantizeLinear, which is how onnxruntime's quantizer writes them.
    @Test("QDQ", arguments: [ElementType.uint8, .int8])
    func qdq(type: ElementType) throws {
        let integer = IntegerModel(type: type).graph
        let expanded = try QuantizedForm.expand(integer, form: .qdq)
        let connections = GraphConnections(expanded)
        for id in expanded.order {
            let node = expanded[id]
            if node.operation is Quantize || node.operation is Dequantize { continue }
            for case let input? in node.inputs {
                let producer = try #require(connections.producer(of: input))
                #expect(expanded[producer].operation is Dequantize)
            }
            let reader = try #require(connections.soleConsumer(of: node.outputs[0]))
            #expect(expanded[reader].operation is Quantize)
        }
        // The clamp is what the integers' range says already.
        #expect(!expanded.operationNames.contains("Relu"))
        let model = try Self.written(expanded)
        let names = try Self.types(model)
        #expect(
            Set(names) == [
                "QuantizeLinear", "DequantizeLinear", "Conv", "MaxPool", "Add", "GlobalAveragePool", "Flatten", "Gemm",
            ])
        // Both readers of the convolution's result read the same real tensor: nine integer tensors and four constants.
        #expect(names.count { $0 == "DequantizeLinear" } == 11)
        #expect(names.count { $0 == "QuantizeLinear" } == 7)
        let fused = try QuantizedForm.fuse(model.main)
        let again = try QuantizedForm.expand(fused, form: .qdq)
        #expect(again.operationNames.sorted() == expanded.operationNames.sorted())
        #expect(try Self.written(again).main.outline.sorted() == model.main.outline.sorted())
    }

    @Test(
        "What was written in either form is read as the integer operators that it was",
        arguments: QuantizedForm.Form.allCases)
    func roundTrip(form: QuantizedForm.Form) throws {
        for type in [ElementType.uint8, .int8] {
            let integer = IntegerModel(type: type).graph
            let model = try Self.written(try QuantizedForm.expand(integer, form: form))
            let fused = try QuantizedForm.fuse(model.main)
            let withoutRelu = integer.outline.filter { !$0.hasPrefix("Unary") }
            #expect(fused.outline.sorted() == withoutRelu.sorted())
            #expect(QuantizedForm.form(of: model) == form)
        }
    }

    @Test("QOperator")
    func qOperator() throws {
        let expanded = try QuantizedForm.expand(IntegerModel().graph, form: .qOperator)
        let model = try Self.written(expanded)
        #expect(
            try Self.types(model) == [
                "QuantizeLinear", "QLinearConv", "MaxPool", "DequantizeLinear", "DequantizeLinear", "Add",
                "QuantizeLinear", "DequantizeLinear", "GlobalAveragePool", "QuantizeLinear", "Flatten",
                "DequantizeLinear",
                "DequantizeLinear", "DequantizeLinear", "Gemm", "QuantizeLinear", "DequantizeLinear",
            ])
        // Nothing that only onnxruntime knows.
        let source = try #require(model.source as? ONNXSource)
        #expect(source.operatorSets == ["": 17])
    }

    @Test("Equal scales and zero points are stored once")
    func sharedParameters() throws {
        let model = try Self.written(try QuantizedForm.expand(IntegerModel().graph, form: .qdq))
        var seen: Set<String> = []
        for id in model.main.valueIDs {
            let value = model.main[id]
            guard let constant = value.constant, value.quantization == nil else { continue }
            let content = "\(value.type) \(value.shape?.description ?? "") \(constant.withUnsafeBytes(Array.init))"
            #expect(seen.insert(content).inserted, "\(value.name)")
        }
    }

    @Test("A clamp within the integers' range stays", arguments: QuantizedForm.Form.allCases)
    func clamp(form: QuantizedForm.Form) throws {
        // 255 · 0.05 is more than 6.
        let integer = IntegerModel(relu: Unary(.relu6)).graph
        let model = try Self.written(try QuantizedForm.expand(integer, form: form))
        #expect(try Self.types(model).contains("Clip"))
        let fused = try QuantizedForm.fuse(model.main)
        let clip = try #require(fused.order.first { fused[$0].operation is Unary })
        // onnxruntime does not run it on integers.
        let operand = try #require(fused[clip].inputs[0])
        #expect(fused[operand].type == .float32)
    }

    @Test("An activation of an integer operator becomes an operator of its own, unless the range implies it")
    func activation() throws {
        for (activation, isWritten) in [(Activation.relu, false), (.relu6, true)] {
            var graph = IntegerModel().graph
            let id = try #require(graph.order.first { graph[$0].operation is Convolution })
            var convolution = try #require(graph[id].operation as? Convolution)
            convolution.activation = activation
            var node = graph[id]
            node.operation = convolution
            var patch = GraphPatch("clamp", for: graph)
            patch.updateNode(id, node)
            graph = try graph.applying(patch)
            let names = try QuantizedForm.expand(graph, form: .qdq).operationNames
            #expect(names.contains("Relu6") == isWritten)
        }
    }

    @Test("Operators that move values are fused only if the parameters stay")
    func movement() throws {
        let integer = IntegerModel(pooled: Quantization(scale: 0.07, zeroPoint: 0)).graph
        let fused = try QuantizedForm.fuse(try Self.written(try QuantizedForm.expand(integer, form: .qdq)).main)
        let pool = try #require(fused.order.first { fused[$0].operation is Pool })
        #expect(fused[fused[pool].outputs[0]].type == .float32)
        let convolution = try #require(fused.order.first { fused[$0].operation is Convolution })
        #expect(fused[fused[convolution].outputs[0]].type == .uint8)
    }

    @Test("Integers to integers of other parameters go by way of real numbers")
    func requantization() throws {
        var graph = Graph(name: "requantize")
        let a = graph.addValue(
            Value(name: "a", type: .uint8, shape: [2], quantization: Quantization(scale: 1, zeroPoint: 0)))
        let b = graph.addValue(
            Value(name: "b", type: .uint8, shape: [2], quantization: Quantization(scale: 2, zeroPoint: 1)))
        graph.addNode(Node(Quantize(), inputs: [a], outputs: [b]))
        graph.setInterface(inputs: [a], outputs: [b])
        for form in QuantizedForm.Form.allCases {
            #expect(try QuantizedForm.expand(graph, form: form).operationNames == ["Dequantize", "Quantize"])
        }
    }

    @Test("A result that something else reads as well is not fused")
    func sharedResult() throws {
        let expanded = try QuantizedForm.expand(IntegerModel().graph, form: .qdq)
        let id = try #require(expanded.order.first { expanded[$0].operation is Gemm })
        var patch = GraphPatch("read", for: expanded)
        let other = patch.addValue(Value(name: "other", type: .float32, shape: [1, 5]))
        patch.addNode(Node(Softmax(), inputs: [expanded[id].outputs[0]], outputs: [other]))
        patch.setInterface(inputs: expanded.inputs, outputs: expanded.outputs + [other])
        let fused = try QuantizedForm.fuse(try expanded.applying(patch))
        let gemm = try #require(fused.order.first { fused[$0].operation is Gemm })
        #expect(fused[fused[gemm].outputs[0]].type == .float32)
    }

    @Test("A quantized file that nothing was changed in is written as it was read")
    func untouched() throws {
        let path = try #require(Locations.own.first { $0.hasSuffix("digits_dscnn_qdq.onnx") })
        let model = try Locations.read(path)
        #expect(try ONNXWriter.bytes(of: model) == Locations.bytes(path))
        var respelled = model
        respelled.main = try QuantizedForm.expand(try QuantizedForm.fuse(model.main), form: .qdq)
        let names = try Self.types(try Locations.read(try ONNXWriter.bytes(of: respelled)))
        let before = try Self.types(model)
        for type in Set(before) where type != "DequantizeLinear" {
            #expect(names.count { $0 == type } == before.count { $0 == type }, "\(type)")
        }
    }
}
