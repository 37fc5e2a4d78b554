import ModelGraph
import Operators
import Testing

@testable import ONNXFormat

@Suite("Operators in the graph")
struct OperatorTableTests {
    private static func operations(_ graph: Graph) -> [String] { graph.order.map { graph[$0].operation.name } }

    private static func operation<Wanted: Operation>(_ type: Wanted.Type, in graph: Graph) -> Wanted? {
        graph.order.lazy.compactMap { graph[$0].operation as? Wanted }.first
    }

    @Test("Operator set 9 is read into the structs")
    func decoding() throws {
        let graph = try Locations.fixture("operators").main
        #expect(
            Self.operations(graph) == [
                "Convolution", "BatchNormalization", "Relu6", "Identity", "Pad", "AveragePool", "MaxPool", "Transpose",
                "Reshape", "Gemm", "Unsqueeze", "ReduceMean", "Softmax",
            ])
        let one = Padding.Amount(before: 1, after: 1)
        #expect(
            Self.operation(Convolution.self, in: graph)
                == Convolution(strides: [2, 2], padding: .explicit([one, one]), layout: .channelsFirst))
        #expect(Self.operation(BatchNormalization.self, in: graph) == BatchNormalization(epsilon: 1e-3))
        #expect(Self.operation(Gemm.self, in: graph) == Gemm(alpha: 0.5))
        #expect(Self.operation(Reshape.self, in: graph) == Reshape(copiesZeros: true))
    }

    /// The shapes are those that onnx.shape_inference gives for the file.
    @Test("Shapes that the file does not tell are inferred")
    func inference() throws {
        let graph = try Locations.fixture("operators").main
        let shapes = graph.order.map { graph[graph[$0].outputs[0]].shape }
        let channels: Shape = [1, 4, 6, 6]
        #expect(
            shapes == [
                channels, channels, channels, channels, [1, 4, 7, 7], [1, 4, 4, 4], [1, 4, 2, 2], [1, 2, 2, 4],
                [1, 16],
                [1, 5], [1, 1, 5], [1, 5], [1, 5],
            ])
    }

    @Test("Attributes and operands that are the other way round in the graph")
    func operands() throws {
        let graph = try Locations.fixture("operators").main
        let pad = try #require(graph.order.map { graph[$0] }.first { $0.operation is Pad })
        let amounts = try #require(pad.inputs[1].flatMap { graph[$0].constant })
        #expect(amounts.elements(as: Int64.self) == [0, 0, 0, 0, 0, 1, 0, 1])
        #expect(pad.inputs[2].flatMap { graph[$0].constant }?.elements(as: Float.self) == [1.5])
        let digits = try Locations.own("digits_dscnn.onnx").main
        let clip = try #require(digits.nodes.first { ($0.operation as? Unary)?.kind == .relu6 })
        #expect(clip.inputs.count == 1)
        #expect(clip.implicitInputs.count == 2)
    }

    @Test("Quantized integers carry the parameters of the operators around them")
    func quantization() throws {
        let graph = try Locations.own("digits_dscnn_qdq.onnx").main
        #expect(!graph.nodes.contains { $0.operation is OpaqueOperation })
        for node in graph.nodes where node.operation is Dequantize {
            #expect(graph[try #require(node.inputs[0])].quantization != nil)
        }
        for node in graph.nodes where node.operation is Quantize {
            let result = graph[node.outputs[0]]
            #expect(result.quantization != nil && [.int8, .uint8].contains(result.type))
        }
    }

    @Test("Written from the structs alone, all operators are read again as the same")
    func fresh() throws {
        for path in Locations.own + Locations.fixtures where !path.hasSuffix("external.onnx") {
            var model = try Locations.read(path)
            let before = model.main
            try model.forgetSourcesOfOperators()
            let after = try Locations.read(try ONNXWriter.bytes(of: model)).main
            #expect(Self.operations(after) == Self.operations(before))
            for (a, b) in zip(after.nodes, before.nodes) {
                #expect(a.operation.isEqual(to: b.operation), "\(path): \(b.operation.name)")
                #expect(a.inputs.map { $0.map { after[$0].facts } } == b.inputs.map { $0.map { before[$0].facts } })
            }
        }
    }

    @Test(
        "What the structs cannot hold stays opaque",
        arguments: [
            Wire.node(
                "Relu", ["x"], ["y"], Wire.bytes(5, Wire.text(1, "new") + Wire.number(20, 2) + Wire.number(3, 1))),
            Wire.node("Relu", ["x"], ["y"], Wire.text(7, "com.example")),
            Wire.node(
                "Elu", ["x"], ["y"], Wire.bytes(5, Wire.text(1, "alpha") + Wire.number(20, 2) + Wire.number(3, 1))),
            Wire.node(
                "MaxPool", ["x"], ["y", "places"],
                Wire.bytes(5, Wire.text(1, "kernel_shape") + Wire.number(20, 7) + Wire.number(8, 1))),
            Wire.node("Concat", ["x", "x"], ["y"]),
            Wire.node(
                "Softmax", ["x"], ["y"], Wire.bytes(5, Wire.text(1, "axis") + Wire.number(20, 1) + Wire.number(3, 1))),
            Wire.node("Clip", ["x", "x", "x", "x"], ["y"]),
            Wire.node("Transpose", ["z"], ["y"]) + Wire.node("Frob", ["x"], ["z"]),
        ])
    func opaque(node: [UInt8]) throws {
        let model = try Locations.read(Wire.model(node + Wire.input("x") + Wire.output("y")))
        let producer = try #require(GraphConnections(model.main).producer(of: model.main.outputs[0]))
        #expect(model.main[producer].operation is OpaqueOperation)
    }
}
