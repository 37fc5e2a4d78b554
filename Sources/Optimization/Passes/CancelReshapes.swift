import ModelGraph
import Operators

/// Takes two changes of shape in a row as one.
///
///     x → Reshape → Reshape s → y   ⟹   x → Reshape s → y
///
/// Squeeze, ExpandDimensions, Unsqueeze and Flatten count as reshapes. The first one stays while others read it; where the
/// second one gives back the shape of x, x itself is read. A Reshape to a constant shape is the same behind any reshape
/// of x; another operator becomes a Reshape if the shape of its result is fixed. Exact.
package struct CancelReshapesPass: Pass {
    package static let name = "cancel-reshapes"
    package static let summary = "take two changes of shape in a row as one"

    package let notes: [String] = []
    private let format: ModelFormat
    private var kept: Set<NodeID> = []
    private var scan = GraphScan()

    package init(context: PassContext) throws(PassError) { format = context.model.format }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        var scan = scan
        defer { self.scan = scan }
        return scan.next(in: graph) { id in
            guard graph[id].operation.isReshaping, !kept.contains(id), case let middle?? = graph[id].inputs.first,
                let first = connections.producer(of: middle), graph[first].operation.isReshaping,
                case let source?? = graph[first].inputs.first
            else { return nil }
            return merge(first, id, reading: source, in: graph, connections: connections)
        }
    }

    private mutating func merge(
        _ first: NodeID, _ second: NodeID, reading source: ValueID, in graph: Graph, connections: GraphConnections
    ) -> GraphPatch? {
        var node = graph[second]
        let result = node.outputs[0]
        let same = (graph[source].type, graph[source].quantization) == (graph[result].type, graph[result].quantization)
        guard node.outputs.count == 1, same, !graph[source].isVariable, !graph[result].isVariable else { return nil }
        var patch = GraphPatch("merge \(graph.layerName(first)) and \(graph.layerName(second))", for: graph)
        if let sizes = graph.fixedSizes(result), sizes == graph.fixedSizes(source),
            patch.replaceResult(of: second, with: source, in: graph, connections: connections)
        {
            return patch
        }
        if !isIndependent(node, in: graph) {
            guard let sizes = graph.fixedSizes(result), sizes.allSatisfy({ $0 > 0 && $0 <= Int(Int32.max) }) else {
                kept.insert(second)
                return nil
            }
            let narrow = format == .tflite
            let shape = patch.addValue(
                Value(
                    name: graph[result].name + "/shape", type: narrow ? .int32 : .int64, shape: [sizes.count],
                    constant: narrow ? TensorData(sizes.map { Int32($0) }) : TensorData(sizes.map { Int64($0) })))
            node = Node(Reshape(), inputs: [source, shape], outputs: node.outputs, name: node.name)
            patch.addNode(node, before: second)
            patch.removeNode(second)
        } else {
            node.inputs[0] = source
            patch.updateNode(second, node)
        }
        if connections.soleConsumer(of: graph[first].outputs[0]) == second { patch.removeNode(first) }
        return patch
    }

    /// Whether the result's shape does not depend on how the operand's elements are arranged.
    private func isIndependent(_ node: Node, in graph: Graph) -> Bool {
        guard let reshape = node.operation as? Reshape else { return false }
        let shape = node.inputs.count > 1 ? graph.integers(node.inputs[1]) : reshape.shape
        // A zero may stand for an extent of the operand.
        return shape.map { !$0.contains(0) } ?? false
    }
}

extension Operation {
    /// Whether the operator gives its operand's elements another shape and does nothing else.
    var isReshaping: Bool {
        self is Reshape || self is Squeeze || self is ExpandDimensions || self is Unsqueeze || self is Flatten
    }
}
