import ModelGraph
import Operators
import Testing

@testable import ONNXFormat

@Suite("Writing what was changed")
struct EditTests {
    private static func value(_ name: String, in graph: Graph) throws -> ValueID {
        try #require(graph.valueIDs.first { graph[$0].name == name })
    }

    private static func node(_ type: any Operation.Type, in graph: Graph) throws -> NodeID {
        try #require(graph.order.first { Swift.type(of: graph[$0].operation) == type })
    }

    private static func written(_ model: Model) throws -> Graph {
        try Locations.read(try ONNXWriter.bytes(of: model)).main
    }

    @Test("Other weights in a tensor change its bytes and nothing else")
    func weights() throws {
        let path = try #require(Locations.own.first { $0.hasSuffix("digits_resnet.onnx") })
        var model = try Locations.read(path)
        let convolution = model.main[try Self.node(Convolution.self, in: model.main)]
        let id = try #require(convolution.inputs[1])
        var value = model.main[id]
        let elements = try #require(value.constant).elements(as: Float.self)
        value.constant = TensorData(elements.map { $0 * 2 })
        var patch = GraphPatch("double", for: model.main)
        patch.updateValue(id, value)
        model.main = try model.main.applying(patch)
        let (before, after) = (try Locations.bytes(path), try ONNXWriter.bytes(of: model))
        #expect(before.count == after.count)
        let different = zip(before, after).count { $0 != $1 }
        #expect(different > 0 && different <= 4 * elements.count)
        #expect(try Self.written(model)[id].constant?.elements(as: Float.self) == elements.map { $0 * 2 })
    }

    @Test("A norm that is folded away takes its parameters along; the convolution keeps its attributes and gets a bias")
    func folding() throws {
        var model = try Locations.fixture("operators")
        let graph = model.main
        let (convolution, norm) = (
            try Self.node(Convolution.self, in: graph), try Self.node(BatchNormalization.self, in: graph)
        )
        var patch = GraphPatch("fold", for: graph)
        let bias = patch.addValue(
            Value(name: "gamma", type: .float32, shape: [4], constant: TensorData([1, 2, 3, 4] as [Float])))
        var folded = graph[convolution]
        folded.inputs.append(bias)
        patch.updateNode(convolution, folded)
        patch.replaceUses(of: graph[norm].outputs[0], with: folded.outputs[0])
        for input in graph[norm].inputs.dropFirst() { patch.removeValue(try #require(input)) }
        patch.removeNode(norm)
        patch.removeValue(graph[norm].outputs[0])
        model.main = try graph.applying(patch)
        let after = try Self.written(model)
        #expect(after.order.count == graph.order.count - 1)
        #expect(!after.valueIDs.contains { ["beta", "mean", "variance"].contains(after[$0].name) })
        let again = after[try Self.node(Convolution.self, in: after)]
        #expect(again.operation.isEqual(to: graph[convolution].operation))
        let added = try #require(again.inputs[2])
        #expect(after[added].constant?.elements(as: Float.self) == [1, 2, 3, 4])
        let reread = try Locations.read(try ONNXWriter.bytes(of: model))
        let source = try #require(reread.source as? ONNXSource)
        #expect(source.graphMessage.child(.init(1), 0)?.count(.init(5)) == 3, "kernel_shape, pads and strides")
    }

    @Test("A weight that nothing reads any more is left out, one that nothing ever read stays")
    func unread() throws {
        var model = try Locations.fixture("everything")
        let graph = model.main
        let add = try Self.node(Binary.self, in: graph)
        var node = graph[add]
        node.inputs[1] = node.inputs[0]
        var patch = GraphPatch("double", for: graph)
        patch.updateNode(add, node)
        model.main = try graph.applying(patch)
        let after = try Self.written(model)
        #expect(!after.valueIDs.contains { after[$0].name == "overridable" })
        #expect(after.valueIDs.contains { after[$0].name == "unread" })
        #expect(after.inputs.map { after[$0].name } == ["x", "flag"])
    }

    @Test("Initializers that callers may override are constants, and stay graph inputs in the file")
    func overridable() throws {
        let model = try Locations.fixture("everything")
        let id = try Self.value("overridable", in: model.main)
        #expect(model.main[id].constant != nil)
        #expect(!model.main.inputs.contains(id))
    }

    @Test("Graph outputs keep their names when an operator before them goes")
    func outputNames() throws {
        let graph =
            Wire.node("Relu", ["x"], ["a"]) + Wire.node("Identity", ["a"], ["y"]) + Wire.node("Neg", ["a"], ["z"])
            + Wire.node("Identity", ["x"], ["same"]) + Wire.input("x") + Wire.output("y") + Wire.output("z")
            + Wire.output("same")
        var model = try Locations.read(Wire.model(graph))
        for id in model.main.order where model.main[id].operation is Identity {
            var patch = GraphPatch("drop", for: model.main)
            let node = model.main[id]
            patch.replaceUses(of: node.outputs[0], with: try #require(node.inputs[0]))
            patch.removeNode(id)
            patch.removeValue(node.outputs[0])
            model.main = try model.main.applying(patch)
        }
        let after = try Self.written(model)
        #expect(after.outputs.map { after[$0].name } == ["y", "z", "same"])
        // The last is a graph input, which cannot have a second name: it gets an operator again.
        #expect(after.nodes.map(\.operation.name) == ["Relu", "Negate", "Identity"])
    }

    @Test("Values that subgraphs read have them as consumers, and the subgraphs follow a replacement")
    func captures() throws {
        var model = try Locations.fixture("everything")
        let graph = model.main
        let choice = try #require(graph.order.first { graph[$0].operation.name == "If" })
        let names = graph[choice].implicitInputs.map { graph[$0].name }
        #expect(Set(names) == ["x", "w", "flag"])
        let weight = try Self.value("w", in: graph)
        #expect(GraphConnections(graph).consumers(of: weight) == [choice])
        // `then_y` is a name inside the subgraph, which would hide the value.
        var patch = GraphPatch("replace", for: graph)
        let other = patch.addValue(
            Value(
                name: "then_y", type: .float32, shape: [2, 3],
                constant: TensorData(Array(repeating: Float(7), count: 6))))
        patch.replaceUses(of: weight, with: other)
        patch.removeValue(weight)
        model.main = try graph.applying(patch)
        let after = try Self.written(model)
        let again = try #require(after.nodes.first { $0.operation.name == "If" })
        let captured = again.implicitInputs.map { after[$0] }
        #expect(Set(captured.map(\.name)) == ["x", "then_y_1", "flag"])
        #expect(captured.contains { $0.constant?.elements(as: Float.self) == Array(repeating: 7, count: 6) })
    }

    @Test("Scales and zero points of new quantization operators are written as initializers")
    func quantization() throws {
        var model = try Locations.own("digits_resnet.onnx")
        let graph = model.main
        let convolution = try Self.node(Convolution.self, in: graph)
        let weight = try #require(graph[convolution].inputs[1])
        let channels = try #require(graph[weight].shape?.sizes?[0])
        var patch = GraphPatch("quantize", for: graph)
        let count = try #require(graph[weight].shape?.elementCount)
        let scales = (0..<channels).map { Float($0 + 1) }
        let integers = patch.addValue(
            Value(
                name: "q", type: .int8, shape: graph[weight].shape, quantization: Quantization(scales: scales, axis: 0),
                constant: TensorData(bytes: Array(repeating: 3, count: count))))
        let real = patch.addValue(Value(name: "dq", type: .float32, shape: graph[weight].shape))
        patch.addNode(Node(Dequantize(), inputs: [integers], outputs: [real]), before: convolution)
        patch.replaceUses(of: weight, with: real)
        patch.removeValue(weight)
        model.main = try graph.applying(patch)
        let after = try Self.written(model)
        let node = after[try Self.node(Dequantize.self, in: after)]
        #expect(after[try #require(node.inputs[0])].quantization == Quantization(scales: scales, axis: 0))
        #expect(node.implicitInputs.map { after[$0].type } == [.float32, .int8])
    }

    @Test("In files of the first versions a new initializer is a graph input as well")
    func oldFiles() throws {
        let bytes =
            Wire.number(1, 3) + Wire.bytes(8, Wire.text(1, "") + Wire.number(2, 8))
            + Wire.bytes(7, Wire.node("Relu", ["x"], ["y"]) + Wire.input("x") + Wire.output("y"))
        var model = try Locations.read(bytes)
        let relu = model.main.order[0]
        var node = model.main[relu]
        var patch = GraphPatch("add", for: model.main)
        let one = patch.addValue(Value(name: "one", type: .float32, shape: [1], constant: TensorData([1 as Float])))
        node.operation = Binary(.add)
        node.inputs.append(one)
        patch.updateNode(relu, node)
        model.main = try model.main.applying(patch)
        let after = try Locations.read(try ONNXWriter.bytes(of: model))
        let source = try #require(after.source as? ONNXSource)
        #expect(source.graphMessage.count(.init(11)) == 2)
        #expect(after.main.inputs.count == 1)
        #expect(after.main.nodes.map(\.operation.name) == ["Add"])
    }

    @Test("A model that comes from no file")
    func newModel() throws {
        var graph = Graph(name: "new")
        let x = graph.addValue(
            Value(name: "x", type: .float32, shape: Shape(dimensions: [.dynamic(symbol: "n"), .fixed(3)])))
        let y = graph.addValue(Value(name: "x", type: .float32, shape: nil))
        graph.addNode(Node(Unary(.relu), inputs: [x], outputs: [y]))
        graph.setInterface(inputs: [x], outputs: [y])
        let after = try Self.written(Model(format: .onnx, graphs: [graph]))
        #expect(after.inputs.map { after[$0].name } == ["x"])
        #expect(after.outputs.map { after[$0].name } == ["x_1"])
        #expect(after[after.inputs[0]].shape == graph[x].shape)
    }

    @Test("An operator that ONNX does not have is refused")
    func refused() throws {
        var model = try Locations.fixture("operators")
        let convolution = try Self.node(Convolution.self, in: model.main)
        var node = model.main[convolution]
        node.operation = Convolution(strides: [1, 1], layout: .channelsLast)
        var patch = GraphPatch("break", for: model.main)
        patch.updateNode(convolution, node)
        model.main = try model.main.applying(patch)
        #expect { try ONNXWriter.bytes(of: model) } throws: { ($0 as? ONNXError)?.code == .unsupported }
    }
}

extension Graph {
    var nodes: [Node] { order.map { self[$0] } }
}
