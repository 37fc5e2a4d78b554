import COnnx
import ModelGraph
import Operators

/// What it takes to let a model that was written for an older ai.onnx operator set be one of a newer set.
///
/// Operators that have a struct are written anew by their rows, which know every version. What is here is for the others:
/// nearly all changes between versions only add types or attributes that may be left out, some move attributes into
/// operands, and a few change the meaning, so that an opaque node cannot follow.
///
/// - Source: the operator schemas' history in the ONNX specification.
enum OperatorSetConversion {
    /// The first operator set in which quantization has an axis.
    static let axisOfQuantization = 13
    /// The first operator set with QuantizeLinear and DequantizeLinear.
    static let quantization = 10

    /// The operator set that a graph needs, apart from what it was read with.
    static func required(by graph: Graph) -> Int {
        var version = 1
        for id in graph.order {
            let node = graph[id]
            guard !(node.operation is OpaqueOperation) else { continue }
            if node.operation is DynamicQuantize { version = max(version, 11) }
            for value in node.inputs.compactMap({ $0 }) + node.outputs {
                guard let quantization = graph[value].quantization else { continue }
                version = max(version, quantization.axis == nil ? Self.quantization : axisOfQuantization)
                // Pools and clamps of 8-bit integers came with sets 12 and 13.
                if node.operation.name == "MaxPool", graph[value].type.isInteger { version = axisOfQuantization }
            }
        }
        return version
    }

    /// Attributes that became operands behind the first one.
    struct Movement {
        var version: Int
        var attributes: [String]
        /// Whether an operand is a vector although the attribute is a single number.
        var makesVectors = false
    }

    private static let movements: [String: Movement] = [
        "Slice": Movement(version: 10, attributes: ["starts", "ends", "axes"]),
        "TopK": Movement(version: 10, attributes: ["k"], makesVectors: true),
        "Clip": Movement(version: 11, attributes: ["min", "max"]),
        "Pad": Movement(version: 11, attributes: ["pads", "value"]),
        "Split": Movement(version: 13, attributes: ["split"]),
        "ReduceSum": Movement(version: 13, attributes: ["axes"]),
        "Squeeze": Movement(version: 13, attributes: ["axes"]),
        "Unsqueeze": Movement(version: 13, attributes: ["axes"]),
    ]

    /// The versions in which an operator begins to mean something else, or is gone.
    private static let breaks: [String: [Int]] = [
        "BatchNormalization": [9], "Dropout": [12], "Hardmax": [13], "LogSoftmax": [13], "Resize": [11], "Scan": [9],
        "Scatter": [11], "Softmax": [13], "Upsample": [9, 10],
    ]

    /// Before it, attributes told of broadcasting and of operators' buffers.
    private static let oldest = 7

    /// How an opaque node of ai.onnx is brought from one operator set to a later one.
    ///
    /// - Returns: nil if it can stay as it is.
    /// - Throws: `ONNXError` if it cannot be expressed, or holds graphs in which something would have to be changed.
    static func movement(of node: Message, from old: Int, to new: Int) throws(ONNXError) -> Movement? {
        guard old < new else { return nil }
        try checkSubgraphs(of: node, from: old, to: new)
        guard GraphReader.domain(node.text(ONNX_NODE_DOMAIN)).isEmpty else { return nil }
        let type = node.text(ONNX_NODE_OP_TYPE)
        try check(type, from: old, to: new)
        guard let movement = movements[type], old < movement.version, movement.version <= new else { return nil }
        return movement
    }

    private static func check(_ type: String, from old: Int, to new: Int) throws(ONNXError) {
        let isBroken = breaks[type]?.contains { old < $0 && $0 <= new } ?? false
        guard isBroken || old < oldest else { return }
        throw ONNXError(
            .unsupported,
            "\(type) of operator set \(old) cannot be expressed in operator set \(new), which quantization needs",
            remedy: "bring the model to operator set \(new) with the tool that made it")
    }

    private static func checkSubgraphs(of node: Message, from old: Int, to new: Int) throws(ONNXError) {
        for graph in Subgraphs.of(node) {
            for inner in graph.children(ONNX_GRAPH_NODE) {
                guard try movement(of: inner, from: old, to: new) == nil else {
                    throw ONNXError(
                        .unsupported,
                        "\(inner.text(ONNX_NODE_OP_TYPE)) inside a subgraph is of operator set \(old), and quantization needs \(new)",
                        remedy: "bring the model to operator set \(new) with the tool that made it")
                }
            }
        }
    }

    /// The attribute's numbers as a constant; nil if the node does not have it.
    static func operand(_ name: String, of node: Message, _ movement: Movement) throws(ONNXError) -> Value? {
        guard let attribute = node.children(ONNX_NODE_ATTRIBUTE).first(where: { $0.isNamed(name, ONNX_ATTRIBUTE_NAME) })
        else { return nil }
        let part = node.text(ONNX_NODE_OUTPUT) + "/" + name
        if attribute.has(ONNX_ATTRIBUTE_INTS) {
            let values = attribute.integers(ONNX_ATTRIBUTE_INTS)
            return Value(name: part, type: .int64, shape: [values.count], constant: TensorData(values))
        }
        if attribute.has(ONNX_ATTRIBUTE_I) {
            let value = attribute.integer(ONNX_ATTRIBUTE_I)
            return Value(
                name: part, type: .int64, shape: movement.makesVectors ? [1] : [], constant: TensorData([value]))
        }
        if attribute.has(ONNX_ATTRIBUTE_F) {
            let value = Float(attribute.real(ONNX_ATTRIBUTE_F))
            return Value(name: part, type: .float32, shape: [], constant: TensorData([value]))
        }
        throw ONNXError(.unsupported, "the attribute '\(name)' has no form as an operand")
    }
}
