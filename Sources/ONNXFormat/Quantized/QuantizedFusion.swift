import ModelGraph
import Operators

/// Finds DequantizeLinear → operator → QuantizeLinear and makes integer operators of them.
///
/// An operator is fused if all its real operands come from integers of at most 8 bits (a bias: 32), all readers of its
/// result are one QuantizeLinear, and between them is at most a clamp that the integers' range implies. Operators that
/// only move values need the same parameters before and after. These are the conditions under which onnxruntime fuses.
///
/// - Source: onnxruntime's QDQ selectors.
struct QuantizedFusion {
    private var graph: Graph

    init(_ graph: Graph) { self.graph = graph }

    mutating func fuse() throws(GraphError) -> Graph {
        var patch = GraphPatch("fuse integer operators", for: graph)
        let connections = GraphConnections(graph)
        var dequantizers: Set<NodeID> = []
        for id in graph.order {
            guard let match = match(id, connections) else { continue }
            var node = graph[id]
            node.inputs = match.inputs
            node.outputs = [match.result]
            patch.updateNode(id, node)
            for removed in match.removed {
                patch.removeNode(removed)
                for output in graph[removed].outputs where output != match.result { patch.removeValue(output) }
            }
            patch.removeValue(graph[id].outputs[0])
            dequantizers.formUnion(match.dequantizers)
        }
        if patch.isEmpty { return graph }
        graph = try graph.applying(patch)
        return try removingUnread(dequantizers)
    }

    /// The graph without those of the operators whose results nothing reads any more.
    private func removingUnread(_ nodes: Set<NodeID>) throws(GraphError) -> Graph {
        let connections = GraphConnections(graph)
        var patch = GraphPatch("drop unread real numbers", for: graph)
        for id in nodes.sorted() {
            let isRead = graph[id].outputs.contains {
                !connections.consumers(of: $0).isEmpty || connections.isGraphOutput($0)
            }
            guard !isRead else { continue }
            patch.removeNode(id)
            for output in graph[id].outputs { patch.removeValue(output) }
        }
        return patch.isEmpty ? graph : try graph.applying(patch)
    }

    private struct Match {
        var inputs: [ValueID?]
        var result: ValueID
        /// The QuantizeLinear, and a clamp before it.
        var removed: [NodeID]
        var dequantizers: [NodeID]
    }

    private func match(_ id: NodeID, _ connections: GraphConnections) -> Match? {
        let node = graph[id]
        guard let kind = FusedKind(node.operation), node.outputs.count == 1 || kind.allowsMoreOutputs(node, graph)
        else { return nil }
        var inputs = node.inputs
        var dequantizers: [NodeID] = []
        for (index, input) in node.inputs.enumerated() {
            guard let input, graph[input].type == .float32 else { continue }
            guard let producer = connections.producer(of: input), graph[producer].operation is Dequantize,
                case let integer?? = graph[producer].inputs.first, graph[integer].quantization != nil
            else { return nil }
            inputs[index] = integer
            dequantizers.append(producer)
        }
        guard !dequantizers.isEmpty, let (result, removed) = result(of: id, connections) else { return nil }
        let operands = inputs.compactMap { $0 }.map { graph[$0] }
        guard kind.accepts(operands.filter { $0.quantization != nil }, result: graph[result], node.operation) else {
            return nil
        }
        return Match(inputs: inputs, result: result, removed: removed, dequantizers: dequantizers)
    }

    /// What QuantizeLinear makes of a node's result, if nothing else reads that.
    private func result(of id: NodeID, _ connections: GraphConnections) -> (ValueID, [NodeID])? {
        var value = graph[id].outputs[0]
        var clamp: (node: NodeID, bounds: (lower: Float, upper: Float))?
        guard var next = connections.soleConsumer(of: value) else { return nil }
        if let unary = graph[next].operation as? Unary, let bounds = unary.clampBounds, graph[next].outputs.count == 1 {
            clamp = (next, bounds)
            value = graph[next].outputs[0]
            guard let following = connections.soleConsumer(of: value) else { return nil }
            next = following
        }
        guard graph[next].operation is Quantize, let result = graph[next].outputs.first,
            let quantization = graph[result].quantization
        else { return nil }
        guard let clamp else { return (result, [next]) }
        return quantization.implies(clamp.bounds, for: graph[result].type) ? (result, [clamp.node, next]) : nil
    }
}

/// What onnxruntime asks of an operator's operands and result.
private enum FusedKind {
    /// A product with weights and maybe a bias.
    case linear
    /// Each operand and the result have their own parameters.
    case free
    /// Values only move: one set of parameters.
    case moving

    init?(_ operation: any Operation) {
        switch operation {
        case let op as Convolution where op.activation == .none: self = .linear
        case let op as Gemm where op.alpha == 1 && op.beta == 1: self = .linear
        case is MatrixMultiplication: self = .linear
        case let op as Binary where [.add, .multiply].contains(op.kind) && op.activation == .none: self = .free
        case let op as Unary where op.kind == .logistic: self = .free
        case let op as Pool where op.activation == .none: self = op.kind == .average ? .free : .moving
        case let op as GlobalPool where op.kind == .average: self = .free
        case let op as Concatenation where op.activation == .none: self = .free
        case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Transpose: self = .moving
        default: return nil
        }
    }

    /// Outputs that the file leaves out do not count.
    func allowsMoreOutputs(_ node: Node, _ graph: Graph) -> Bool {
        !node.outputs.isEmpty && node.outputs.dropFirst().allSatisfy { graph[$0].name.isEmpty }
    }

    /// - Parameter operands: those that stand for real numbers.
    func accepts(_ operands: [Value], result: Value, _ operation: any Operation) -> Bool {
        guard let x = operands.first, let quantization = x.quantization, quantization.isPerTensor,
            [.int8, .uint8].contains(x.type), result.type == x.type, result.quantization?.isPerTensor == true
        else { return false }
        switch self {
        case .free:
            return operands.allSatisfy { $0.type == x.type && $0.quantization?.isPerTensor == true }
        case .moving:
            return operands.count == 1 && result.quantization == quantization
        case .linear:
            guard operands.count >= 2 else { return false }
            let w = operands[1]
            // int8 operands need int8 weights.
            guard [.int8, .uint8].contains(w.type), x.type == .uint8 || w.type == .int8,
                let scales = w.quantization?.scales
            else { return false }
            guard operands.count > 2 else { return true }
            let bias = operands[2]
            let expected = scales.map { quantization.scale * $0 }
            guard bias.type == .int32, let own = bias.quantization?.scales,
                bias.quantization?.zeroPoints.allSatisfy({ $0 == 0 }) == true
            else { return false }
            return own.count == expected.count && zip(own, expected).allSatisfy { abs($0 - $1) <= 1e-6 * abs($1) }
        }
    }
}
