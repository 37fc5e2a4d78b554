import ModelGraph
import Operators
import Testing

@testable import ONNXFormat

/// Expected forms are those of the ONNX operator specification, version 13.
@Suite("Raising the operator set")
struct OperatorSetConversionTests {
    /// The graph with integer weights for each channel in its first convolution, which takes operator set 13.
    private static func quantizingWeights(of model: Model) throws -> Model {
        var model = model
        let graph = model.main
        let id = try #require(graph.order.first { graph[$0].operation is Convolution })
        let weight = try #require(graph[id].inputs[1])
        let shape = try #require(graph[weight].shape)
        let sizes = try #require(shape.sizes)
        var patch = GraphPatch("quantize", for: graph)
        let integers = patch.addValue(
            Value(
                name: "q", type: .int8, shape: shape,
                quantization: Quantization(scales: Array(repeating: 0.5, count: sizes[0]), axis: 0),
                constant: TensorData(bytes: Array(repeating: 3, count: sizes.reduce(1, *)))))
        let real = patch.addValue(Value(name: "dq", type: .float32, shape: shape))
        patch.addNode(Node(Dequantize(), inputs: [integers], outputs: [real]), before: id)
        patch.replaceUses(of: weight, with: real)
        patch.removeValue(weight)
        model.main = try graph.applying(patch)
        return model
    }

    private static func written(_ model: Model) throws -> (model: Model, source: ONNXSource) {
        let after = try Locations.read(try ONNXWriter.bytes(of: model))
        return (after, try #require(after.source as? ONNXSource))
    }

    @Test("Operators of set 9 say the same in set 13")
    func known() throws {
        let before = try Locations.fixture("operators")
        let (after, source) = try Self.written(try Self.quantizingWeights(of: before))
        #expect(source.operatorSets[""] == 13)
        let nodes = source.graphMessage.children(.init(1))
        func node(_ type: String) throws -> Message { try #require(nodes.first { $0.text(.init(4)) == type }) }
        #expect(try node("Clip").count(.init(1)) == 3)
        #expect(try node("Clip").count(.init(5)) == 0)
        #expect(try node("Pad").count(.init(1)) == 3)
        #expect(try node("Unsqueeze").count(.init(1)) == 2)
        #expect(try node("ReduceMean").count(.init(1)) == 1, "axes stay an attribute until set 18")
        #expect(!nodes.contains { $0.text(.init(4)) == "Dropout" }, "its ratio would have to be an operand")
        let operations = after.main.operationNames.filter { $0 != "Dequantize" }
        #expect(operations == before.main.operationNames)
        for (a, b) in zip(after.main.nodes.filter { !($0.operation is Dequantize) }, before.main.nodes) {
            #expect(a.operation.isEqual(to: b.operation), "\(b.operation.name)")
        }
    }

    @Test("What needs no newer set keeps its own")
    func unchanged() throws {
        var model = try Locations.fixture("operators")
        var graph = model.main
        graph.name = "renamed"
        model.main = graph
        #expect(try Self.written(model).source.operatorSets[""] == 9)
    }

    /// A convolution [1, 1, 1, 1], and behind it a node.
    private static func model(_ node: [UInt8], version: UInt64 = 9) throws -> Model {
        let graph =
            Wire.node("Conv", ["x", "w"], ["c"]) + node
            + Wire.initializer("w", dims: [1, 1, 1, 1], Wire.bytes(9, [0, 0, 128, 63]))
            + Wire.input("x") + Wire.output("y")
        return try Locations.read(Wire.model(graph, version: version))
    }

    private static func ints(_ name: String, _ values: [UInt64]) -> [UInt8] {
        Wire.bytes(5, Wire.text(1, name) + Wire.number(20, 7) + values.flatMap { Wire.number(8, $0) })
    }

    @Test("Attributes of operators that are not known become operands")
    func opaque() throws {
        let split = Wire.node(
            "Split", ["c"], ["y", "z"],
            Self.ints("split", [1, 2]) + Wire.bytes(5, Wire.text(1, "axis") + Wire.number(20, 2) + Wire.number(3, 1)))
        let (after, source) = try Self.written(try Self.quantizingWeights(of: try Self.model(split)))
        let node = try #require(source.graphMessage.children(.init(1)).first { $0.text(.init(4)) == "Split" })
        #expect(node.count(.init(1)) == 2)
        #expect(node.children(.init(5)).map { $0.text(.init(1)) } == ["axis"])
        let operand = try #require(after.main.valueIDs.first { after.main[$0].name == node.text(.init(1), 1) })
        #expect(after.main[operand].constant?.elements(as: Int64.self) == [1, 2])

        let top = Wire.node(
            "TopK", ["c"], ["y", "i"], Wire.bytes(5, Wire.text(1, "k") + Wire.number(20, 2) + Wire.number(3, 4)))
        let (again, _) = try Self.written(try Self.quantizingWeights(of: try Self.model(top)))
        let k = try #require(again.main.valueIDs.first { again.main[$0].name == "y/k" })
        #expect(again.main[k].shape == [1])
        #expect(again.main[k].constant?.elements(as: Int64.self) == [4])
    }

    @Test(
        "What means something else in a newer set is refused",
        arguments: [
            (Wire.node("ScaledTanh", ["c"], ["y"]), 5),
            (
                Wire.node(
                    "Loop", ["c", "x"], ["y"],
                    Wire.bytes(
                        5,
                        Wire.text(1, "body") + Wire.number(20, 5)
                            + Wire.bytes(6, Wire.node("Hardmax", ["c"], ["h"]) + Wire.output("h")))), 11
            ),
        ] as [([UInt8], UInt64)])
    func refused(node: [UInt8], version: UInt64) throws {
        let model = try Self.quantizingWeights(of: try Self.model(node, version: version))
        #expect { try ONNXWriter.bytes(of: model) } throws: { error in
            let error = error as? ONNXError
            return error?.code == .unsupported && error?.remedy != nil
        }
    }
}
