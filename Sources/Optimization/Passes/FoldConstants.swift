import ModelGraph
import Operators
import Runtime

/// Computes what depends on constants only.
///
///     constants → op → y   ⟹   y, a constant
///
/// The inference core computes it; what the core does not have stays. The extents of a tensor are constant where none is
/// known only when running. A result larger than 64 KiB is stored only if it is no larger than the constants that it is
/// made of. Weights behind Dequantize stay as they are stored, and so does what Quantize makes: its rounding is the
/// engine's. An output of the graph stays computed. Where the file does not tell a result's type (`variant`), the operator's
/// rule does.
package struct FoldConstantsPass: Pass {
    package static let name = "fold-constants"
    package static let summary = "compute what depends on constants only"

    private static let freeByteCount = 64 * 1024

    package let notes: [String] = []
    private var refused: Set<NodeID> = []
    private var scan = GraphScan()

    package init(context: PassContext) throws(PassError) {}

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        var scan = scan
        defer { self.scan = scan }
        return scan.next(in: graph) { id in
            guard !refused.contains(id) else { return nil }
            let node = graph[id]
            guard node.outputs.count == 1, !connections.isGraphOutput(node.outputs[0]),
                let result = evaluate(node, in: graph)
            else {
                refused.insert(id)
                return nil
            }
            var patch = GraphPatch("compute \(node.operation.name) \(graph.layerName(id))", for: graph)
            let constant = patch.addValue(result)
            patch.replaceUses(of: node.outputs[0], with: constant)
            patch.removeNode(id)
            // What stands behind may be constant now.
            for reader in connections.consumers(of: node.outputs[0]) { refused.remove(reader) }
            return patch
        }
    }

    private func evaluate(_ node: Node, in graph: Graph) -> Value? {
        let declared = graph[node.outputs[0]]
        guard !(node.operation is OpaqueOperation), !(node.operation is Dequantize), !(node.operation is Quantize),
            !declared.isVariable, declared.constant == nil
        else { return nil }
        let operands = node.inputs.map { $0.map { graph[$0] } }
        let facts = operands.map { $0?.facts }
        if node.operation is ShapeOf {
            guard let shape = operands.first??.shape, !shape.isDynamic else { return nil }
        } else {
            guard !facts.isEmpty, facts.allSatisfy({ $0 == nil || $0?.constant != nil }) else { return nil }
        }
        guard let inferred = try? node.operation.inferOutputs(from: facts), inferred.count == 1,
            declared.type == inferred[0].type || declared.type == .variant, let shape = inferred[0].shape,
            let count = shape.elementCount, let byteCount = inferred[0].type.byteCount(of: count)
        else { return nil }
        let operandBytes = facts.reduce(0) { $0 &+ ($1?.constant?.byteCount ?? 0) }
        guard byteCount <= max(Self.freeByteCount, operandBytes) else { return nil }
        guard let data = inferred[0].constant ?? copied(node, facts) ?? computed(node, inferred[0], in: graph),
            data.byteCount == byteCount
        else { return nil }
        return Value(
            name: declared.name, type: inferred[0].type, shape: shape, quantization: declared.quantization,
            constant: data)
    }

    /// The bytes of the operand, where the operator gives them another shape only.
    private func copied(_ node: Node, _ facts: [TensorFacts?]) -> TensorData? {
        switch node.operation {
        case is Reshape, is Squeeze, is ExpandDimensions, is Unsqueeze, is Flatten, is Identity:
            facts.first??.constant
        default: nil
        }
    }

    /// What the inference core computes.
    private func computed(_ node: Node, _ facts: TensorFacts, in graph: Graph) -> TensorData? {
        var part = Graph(name: "constant")
        var ids: [ValueID: ValueID] = [:]
        for case let input? in node.inputs where ids[input] == nil { ids[input] = part.addValue(graph[input]) }
        var result = graph[node.outputs[0]]
        (result.type, result.shape) = (facts.type, facts.shape)
        let output = part.addValue(result)
        part.addNode(Node(node.operation, inputs: node.inputs.map { $0.flatMap { ids[$0] } }, outputs: [output]))
        part.setInterface(inputs: [], outputs: [output])
        guard let plan = try? Plan(Model(format: .tflite, graphs: [part])), let execution = try? Execution(plan),
            (try? execution.run()) != nil
        else { return nil }
        return execution.withOutput(0) { TensorData(bytes: Array($0)) }
    }
}
