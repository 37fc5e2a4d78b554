import ModelGraph
import Operators

/// The shapes of results.
extension Planner {
    /// The outputs that the operator's rule gives, checked against what the graph says of them.
    func inferOutputs(
        of node: Node, _ operation: any Operation, inputs: [Tensor?], at location: String
    ) throws(RuntimeError) -> [Tensor] {
        let facts = try checked(at: location) { () throws(GraphError) in
            try operation.inferOutputs(from: inputs.map { $0?.facts })
        }
        guard let facts else { throw unknownShape(inputs, at: location) }
        guard facts.count >= node.outputs.count, !node.outputs.isEmpty else {
            throw RuntimeError(
                .invalidModel, "\(operation.name) has \(facts.count) results, not \(node.outputs.count)", at: location)
        }
        var outputs: [Tensor] = []
        for (fact, id) in zip(facts, node.outputs) {
            let value = graph[id]
            guard let sizes = fact.shape?.sizes else { throw unknownShape(inputs, at: location) }
            let isTyped = value.type != .variant
            // A dense layer of integers may give real numbers.
            let isReal =
                value.type == .float32 && options.numerics == .onnxruntime
                && (operation is Gemm || operation is MatrixMultiplication || operation is FullyConnected)
            // A table of scaled integers may, too.
            let isLookup = value.type == .float32 && operation is EmbeddingLookup
            guard operation is Quantize || isReal || isLookup || fact.type == value.type || !isTyped else {
                throw RuntimeError(
                    .invalidModel, "\(graph.describe(id)) is \(value.type), but the operator makes \(fact.type)",
                    at: location)
            }
            outputs.append(
                try makeTensor(id, type: isTyped ? value.type : fact.type, sizes: sizes, constant: fact.constant))
        }
        return outputs
    }

    /// Asks for the operands that a rule needs: small ones first, which say more often what extents are to be.
    func unknownShape(_ inputs: [Tensor?], at location: String) -> RuntimeError {
        let computed = inputs.indices.filter { inputs[$0] != nil && inputs[$0]?.constant == nil }
        guard !computed.isEmpty else {
            return RuntimeError(.unknownShape, "the shape of the result cannot be told", at: location)
        }
        let small = computed.filter { inputs[$0]?.byteCount ?? 0 <= Self.smallOperand }
        demands.operands = Set(small.isEmpty ? computed : small)
        return RuntimeError(
            .computedOperand, "the shape of the result depends on what is computed while running", at: location)
    }

    mutating func fold(_ shape: any ShapeReading, of node: Node, at location: String) throws(RuntimeError) {
        var inputs: [Tensor?] = []
        for case let input? in node.inputs { inputs.append(try tensor(input)) }
        for output in try inferOutputs(of: node, shape, inputs: inputs, at: location) {
            tensors[output.id.index] = output
        }
    }

    /// Bytes of an operand that may well be a shape, or a few of them.
    private static let smallOperand = 512
}
