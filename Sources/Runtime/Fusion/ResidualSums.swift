import CKernels
import ModelGraph
import Operators

/// A convolution of real numbers to whose sums another tensor of the result's shape is added before the activation.
///
/// Operands: those of the convolution, with nil for a bias that is left out, and the tensor.
struct ResidualConvolution: Relayable {
    /// Of four axes.
    var convolution: Convolution

    static let addend = 3

    var name: String { convolution.name }

    func isEqual(to other: any Operation) -> Bool {
        (other as? ResidualConvolution)?.convolution.isEqual(to: convolution) ?? false
    }

    func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        try convolution.inferOutputs(from: Array(inputs.prefix(Self.addend)))
    }

    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let form = try convolution.storedForm(inputs: Array(inputs.prefix(Self.addend)), output: output),
            let stored = form.operation as? Convolution
        else { return nil }
        let padding = Array(repeating: StoredForm.Operand.model, count: Self.addend - form.operands.count)
        return StoredForm(
            ResidualConvolution(convolution: stored), operands: form.operands + padding + [.channelsLast],
            movesResult: form.movesResult)
    }

    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let addend = try lowering.input(Self.addend)
        guard addend.type == .float32, addend.sizes == lowering.output.sizes else { throw lowering.unsupportedTypes() }
        try convolution.lower(into: &lowering, addend: .value(addend.id))
        lowering.overwritableInputs = [Self.addend]
    }
}

/// Joins a sum with the convolution that makes one of its operands.
///
///     x → Convolution → Add(·, r) → activation   ⟹   x, r → Convolution
///
/// Every step is rounded as before, so that no bit changes. If both operands are such convolutions' results, it is the one
/// that runs later.
struct ResidualSums {
    private let graph: Graph
    private let connections: GraphConnections
    private var patch: GraphPatch
    private var isJoined: Set<NodeID> = []
    /// When each node runs.
    private let positions: [NodeID: Int]

    /// - Throws: `GraphError` if the graph is not valid.
    static func fuse(_ graph: Graph) throws(GraphError) -> Graph {
        // A convolution moves to where its sum stands: what it reads must not be written to in between.
        guard !graph.valueIDs.contains(where: { graph[$0].isState || graph[$0].isVariable }) else { return graph }
        var sums = ResidualSums(graph)
        for id in graph.order { sums.join(id) }
        return sums.patch.isEmpty ? graph : try graph.applying(sums.patch)
    }

    private init(_ graph: Graph) {
        self.graph = graph
        connections = GraphConnections(graph)
        positions = Dictionary(uniqueKeysWithValues: graph.order.enumerated().map { ($1, $0) })
        patch = GraphPatch("join sums with convolutions", for: graph)
    }

    /// The extents of a tensor of real numbers.
    private func sizes(_ value: ValueID) -> [Int]? {
        guard graph[value].type == .float32, graph[value].quantization == nil else { return nil }
        return graph[value].shape?.sizes
    }

    private mutating func join(_ id: NodeID) {
        let sum = graph[id]
        guard let binary = sum.operation as? Binary, binary.kind == .add, binary.activation.bounds != nil,
            sum.inputs.count == 2, sum.outputs.count == 1, let result = sizes(sum.outputs[0]), result.count == 4
        else { return }
        var found: (node: NodeID, addend: ValueID, position: Int)?
        for (index, input) in sum.inputs.enumerated() {
            guard let input, let addend = sum.inputs[1 - index], addend != input, sizes(input) == result,
                sizes(addend) == result,
                let writer = connections.producer(of: input), !isJoined.contains(writer),
                connections.soleConsumer(of: input) == id, canAdd(writer),
                let position = positions[writer], found.map({ $0.position < position }) ?? true
            else { continue }
            found = (writer, addend, position)
        }
        guard let found, var convolution = graph[found.node].operation as? Convolution else { return }
        convolution.activation = binary.activation
        // In place of the sum: all operands are known there.
        var node = sum
        node.operation = ResidualConvolution(convolution: convolution)
        let operands = graph[found.node].inputs
        node.inputs =
            operands + Array(repeating: nil, count: ResidualConvolution.addend - operands.count) + [found.addend]
        patch.removeNode(found.node)
        patch.updateNode(id, node)
        isJoined.formUnion([id, found.node])
    }

    private func canAdd(_ id: NodeID) -> Bool {
        let node = graph[id]
        guard let convolution = node.operation as? Convolution, convolution.activation == .none,
            convolution.layout == .channelsLast || convolution.groups == 1, node.inputs.count >= 2,
            node.inputs.count <= ResidualConvolution.addend, let x = node.inputs[0], let w = node.inputs[1],
            graph[x].type == .float32, sizes(w)?.count == 4
        else { return false }
        return graph[w].constant != nil && !graph[w].isSparse
    }
}
