import ModelGraph
import Operators

/// Lets an operator clamp its own result.
///
///     a, b → Add → Relu → y   ⟹   a, b → Add(relu) → y
///
/// For Add, Sub, Mul, Div and pooling, where only the clamp reads the result. Behind linear operators `fold-batchnorm` does
/// this. Bit-exact: the operator clamps the number that it would have stored. Integer tensors must have one scale before
/// and behind the clamp.
///
/// - Requires: a format whose operators have activations (TFLite).
package struct FuseActivationsPass: Pass {
    package static let name = "fuse-activations"
    package static let summary = "let elementwise operators and pooling clamp their own results"

    package let notes: [String] = []
    private let isPossible: Bool
    private var scan = GraphScan()

    package init(context: PassContext) throws(PassError) { isPossible = context.model.format == .tflite }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        guard isPossible else { return nil }
        let connections = GraphConnections(graph)
        return scan.next(in: graph) { id -> GraphPatch? in
            guard let unary = graph[id].operation as? Unary, let activation = unary.activation,
                case let input?? = graph[id].inputs.first, let producer = connections.producer(of: input),
                connections.soleConsumer(of: input) == id,
                let operation = graph[producer].operation.fusing(activation)
            else { return nil }
            let output = graph[id].outputs[0]
            let (before, after) = (graph[input], graph[output])
            guard before.type == after.type, before.quantization == after.quantization, !before.isVariable,
                !after.isVariable, before.type == .float32 || (before.type == .int8 && before.quantization != nil)
            else { return nil }
            var patch = GraphPatch("move \(unary.name) into \(graph.layerName(producer))", for: graph)
            var node = graph[producer]
            node.operation = operation
            node.outputs = [output]
            patch.updateNode(producer, node)
            patch.removeNode(id)
            return patch
        }
    }
}

extension Operation {
    /// The operator with an activation that it applies itself; nil if it has one, or can have none.
    fileprivate func fusing(_ activation: Activation) -> (any Operation)? {
        switch self {
        case var op as Binary where op.activation == .none:
            guard [.add, .subtract, .multiply, .divide].contains(op.kind) else { return nil }
            op.activation = activation
            return op
        case var op as Pool where op.activation == .none:
            op.activation = activation
            return op
        default: return nil
        }
    }
}
