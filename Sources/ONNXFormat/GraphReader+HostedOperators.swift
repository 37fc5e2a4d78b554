import COnnx
import ModelGraph
import Operators

/// The operators that run other graphs, or work on sequences and optional values.
extension GraphReader {
    /// How deep functions and graphs may stand inside each other.
    static let depthLimit = 24

    /// How the runtime runs a node that has no struct of its own.
    ///
    /// - Returns: nil if it does not, or a graph inside it cannot be read: the node only moves through then.
    mutating func hosted(_ message: Message, type: String, domain: String, node: Node) -> (any Operation)? {
        let key = "\(domain):\(type):\(message.text(ONNX_NODE_OVERLOAD))"
        if let function = functions[key] {
            return callers.contains(key) || budget.isSpent ? nil : try? call(function, key, message, node)
        }
        guard domain.isEmpty else { return nil }
        return (try? control(message, type, node)) ?? sequence(message, type, node)
    }

    private func attribute(_ name: String, of message: Message) -> Message? {
        message.children(ONNX_NODE_ATTRIBUTE).first { $0.isNamed(name, ONNX_ATTRIBUTE_NAME) }
    }

    private func integer(_ name: String, of message: Message, default value: Int) -> Int {
        attribute(name, of: message).map { Int($0.integer(ONNX_ATTRIBUTE_I)) } ?? value
    }

    private func integers(_ name: String, of message: Message) -> [Int] {
        attribute(name, of: message)?.integers(ONNX_ATTRIBUTE_INTS).map(Int.init) ?? []
    }

    // MARK: Control flow

    private mutating func control(_ message: Message, _ type: String, _ node: Node) throws(ONNXError) -> (
        any Operation
    )? {
        switch type {
        case "If":
            guard let then = try body("then_branch", of: message, node),
                let otherwise = try body("else_branch", of: message, node)
            else { return nil }
            return If(then: then, otherwise: otherwise)
        case "Loop": return try body("body", of: message, node).map { Loop(body: $0) }
        case "Scan":
            guard let body = try body("body", of: message, node) else { return nil }
            return Scan(
                body: body, scanInputCount: integer("num_scan_inputs", of: message, default: 0),
                inputAxes: integers("scan_input_axes", of: message),
                inputDirections: integers(version < 9 ? "directions" : "scan_input_directions", of: message),
                outputAxes: integers("scan_output_axes", of: message),
                outputDirections: integers("scan_output_directions", of: message), isBatched: version < 9)
        case "SequenceMap":
            return try body("body", of: message, node).map { SequenceOperation(.map($0)) }
        default: return nil
        }
    }

    /// A graph of the node's, with what it takes from this one. Constants become constants of its own.
    private mutating func body(
        _ name: String, of message: Message, _ node: Node
    ) throws(ONNXError) -> GraphReference? {
        guard let graph = attribute(name, of: message)?.child(ONNX_ATTRIBUTE_G) else { return nil }
        let parts = try GraphParts(graph: graph)
        var reader = try inner(parts)
        let wanted = Set(Subgraphs.capturedNames(in: graph))
        var places: [Int] = []
        var taken: [ValueID] = []
        for (place, name) in Subgraphs.capturedNames(of: message).enumerated() where wanted.contains(name) {
            guard node.implicitInputs.indices.contains(place) else { return nil }
            if let id = reader.adopt(self.graph[node.implicitInputs[place]], as: name) {
                places.append(place)
                taken.append(id)
            }
        }
        let read = try reader.read(also: taken)
        return .body(read, captured: places)
    }

    // MARK: Functions

    private mutating func call(
        _ function: Message, _ key: String, _ message: Message, _ node: Node
    ) throws(ONNXError) -> Call? {
        let draft = try Draft()
        var parts = try GraphParts(function: function, call: message, draft: draft)
        let names = parts.inputs
        guard node.inputs.count <= names.count, node.outputs.count <= parts.outputs.count else { return nil }
        parts.inputs = []
        parts.outputs = Array(parts.outputs.prefix(node.outputs.count))
        var reader = try inner(parts)
        reader.callers.insert(key)
        for entry in function.children(ONNX_FUNCTION_OPSET_IMPORT)
        where GraphReader.domain(entry.text(ONNX_OPERATOR_SET_ID_DOMAIN)).isEmpty {
            reader.version = Int(entry.integer(ONNX_OPERATOR_SET_ID_VERSION))
        }
        var operands: [Int] = []
        var taken: [ValueID] = []
        for (place, name) in names.enumerated() {
            guard node.inputs.indices.contains(place), let input = node.inputs[place] else {
                reader.omitted.insert(name)
                continue
            }
            if let id = reader.adopt(graph[input], as: name) {
                operands.append(place)
                taken.append(id)
            }
        }
        let read = try reader.read(also: taken)
        return Call(.body(read, captured: []), operands: operands)
    }

    // MARK: Sequences

    private func sequence(_ message: Message, _ type: String, _ node: Node) -> SequenceOperation? {
        switch type {
        case "SequenceConstruct": return SequenceOperation(.construct)
        case "SequenceEmpty": return SequenceOperation(.empty)
        case "SequenceInsert": return SequenceOperation(.insert)
        case "SequenceAt": return SequenceOperation(.at)
        case "SequenceErase": return SequenceOperation(.erase)
        case "SequenceLength": return SequenceOperation(.length)
        case "ConcatFromSequence":
            return SequenceOperation(
                .concatenate(
                    axis: integer("axis", of: message, default: 0),
                    isNew: integer("new_axis", of: message, default: 0) == 1))
        case "SplitToSequence":
            return SequenceOperation(
                .split(
                    axis: integer("axis", of: message, default: 0),
                    keepsAxis: integer("keepdims", of: message, default: 1) == 1))
        case "Optional": return SequenceOperation(.optional)
        case "OptionalHasElement": return SequenceOperation(.hasElement)
        case "OptionalGetElement": return SequenceOperation(.element)
        default: return nil
        }
    }
}
