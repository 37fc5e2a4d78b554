import CKernels
import ModelGraph
import Operators

/// An operator on signed bytes some of which are stored as unsigned ones, 128 more. Its results are the same in the end.
struct StoredUnsigned: Relayable {
    var operation: any Lowerable
    /// The bytes of the result.
    var result: ElementType

    var name: String { operation.name }

    func isEqual(to other: any Operation) -> Bool {
        guard let other = other as? StoredUnsigned else { return false }
        return other.result == result && other.operation.isEqual(to: operation)
    }

    func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        // The rules give the result the type of an operand.
        try operation.inferOutputs(from: inputs)?.map { fact in
            TensorFacts(type: result, shape: fact.shape, constant: fact.constant)
        }
    }

    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let form = try (operation as? any Relayable)?.storedForm(inputs: inputs, output: output)
        else { return nil }
        return StoredForm(
            StoredUnsigned(operation: form.operation, result: result), operands: form.operands,
            movesResult: form.movesResult)
    }

    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        lowering.storesUnsigned = true
        defer { lowering.storesUnsigned = false }
        try operation.lower(into: &lowering)
    }
}

extension StoredUnsigned: ImageReader {
    func readsSource(_ lowering: Lowering) -> Bool {
        guard let reader = operation as? any ImageReader else { return false }
        var lowering = lowering
        // Its types are none of the operator's own.
        lowering.storesUnsigned = true
        return reader.readsSource(lowering)
    }
}

/// Stores signed bytes between convolutions, and the sums among them, as unsigned ones.
///
///     Convolution → int8 (s, z) → Convolution   ⟹   Convolution → uint8 (s, z + 128) → Convolution
///
/// The processor multiplies unsigned bytes by signed ones: each convolution would have to bring its input into that form,
/// many times over. No sum and no rounding changes.
struct UnsignedBytes {
    private let graph: Graph
    private let connections: GraphConnections
    /// Values that are to be stored so.
    private var chosen: Set<ValueID> = []

    /// - Throws: `GraphError` if the graph is not valid.
    static func store(_ graph: Graph, isa: ck_isa) throws(GraphError) -> Graph {
        guard isa == CK_ISA_AVX512 || isa == CK_ISA_AVX_VNNI else { return graph }
        var bytes = UnsignedBytes(graph)
        bytes.choose()
        return bytes.chosen.isEmpty ? graph : try graph.applying(bytes.patch())
    }

    private init(_ graph: Graph) {
        self.graph = graph
        connections = GraphConnections(graph)
    }

    private mutating func choose() {
        for id in graph.order {
            guard takesEither(id), let output = graph[id].outputs.first, graph[output].type == .int8,
                graph[output].quantization?.isPerTensor == true, hasZeroPoint(output),
                !graph[output].isVariable, !graph[output].isState, !connections.isGraphOutput(output),
                connections.consumers(of: output).allSatisfy({ takesEither($0) && readsActivation(output, $0) })
            else { continue }
            chosen.insert(output)
        }
        // Sums take operands and make results of one type: what one of them loses, its neighbours lose.
        var pending = graph.order.filter { isSum(graph[$0].operation) }
        while let id = pending.popLast() {
            let values = graph[id].inputs.compactMap { $0 } + graph[id].outputs
            guard !values.allSatisfy(chosen.contains) else { continue }
            for value in values where chosen.remove(value) != nil {
                let neighbours = connections.consumers(of: value) + [connections.producer(of: value)].compactMap { $0 }
                pending += neighbours.filter { isSum(graph[$0].operation) }
            }
        }
    }

    /// Whether a value has one zero point, and one of its type. Other ones are left as the file has them, to be refused.
    private func hasZeroPoint(_ value: ValueID) -> Bool {
        guard let zeroPoints = graph[value].quantization?.zeroPoints, zeroPoints.count == 1 else { return false }
        return zeroPoints.allSatisfy { (-128...127).contains($0) }
    }

    private func isSum(_ operation: any Operation) -> Bool {
        let inner = (operation as? MadeUnsigned)?.operation ?? operation
        return (inner as? Binary)?.kind == .add
    }

    /// Whether an operator computes the same of bytes of either kind.
    private func takesEither(_ id: NodeID) -> Bool {
        let node = graph[id]
        guard node.outputs.count == 1, node.inputs.count >= 2, let x = node.inputs[0], let w = node.inputs[1],
            graph[x].type == .int8, graph[x].quantization?.isPerTensor == true
        else { return false }
        if isSum(node.operation) {
            return graph[w].type == .int8 && graph[node.outputs[0]].type == .int8
        }
        guard node.operation is Convolution || node.operation is DepthwiseConvolution,
            // Weights that the fast kernels take.
            graph[w].type == .int8, graph[w].constant != nil, !graph[w].isSparse, graph[w].shape?.rank == 4,
            graph[w].quantization?.zeroPoints.allSatisfy({ $0 == 0 }) == true
        else { return false }
        return node.inputs.count < 3 || node.inputs[2].map { graph[$0].constant != nil } ?? true
    }

    /// Whether an operator reads the value as what runs through it, and not as weights.
    private func readsActivation(_ value: ValueID, _ id: NodeID) -> Bool {
        isSum(graph[id].operation) || !graph[id].inputs.dropFirst().contains(value)
    }

    private func patch() -> GraphPatch {
        var patch = GraphPatch("store bytes unsigned", for: graph)
        for id in chosen.sorted(by: { $0.index < $1.index }) {
            var value = graph[id]
            value.type = .uint8
            if let zeroPoint = value.quantization?.zeroPoints.first {
                value.quantization?.zeroPoints = [zeroPoint + 128]
            }
            patch.updateValue(id, value)
        }
        for id in graph.order {
            var node = graph[id]
            guard let operation = node.operation as? any Lowerable,
                (node.inputs.compactMap { $0 } + node.outputs).contains(where: chosen.contains)
            else { continue }
            // What makes or reads a chosen value passes `takesEither`, and so has one result.
            let isChosen = chosen.contains(node.outputs[0])
            node.operation = StoredUnsigned(
                operation: operation, result: isChosen ? .uint8 : graph[node.outputs[0]].type)
            patch.updateNode(id, node)
        }
        return patch
    }
}
