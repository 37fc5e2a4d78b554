import ModelGraph
import Operators

/// Joins operators on real numbers where nobody reads the value between them.
///
///     Convolution → Relu               ⟹   Convolution with an activation
///     x · Logistic(x)                   ⟹   Swish(x)
///     x · HardSigmoid(x, 1/6, 1/2)      ⟹   HardSwish(x)
///     Convolution → BatchNormalization  ⟹   Convolution with W·γ/√(σ² + ε) and b·γ/√(σ² + ε) + β − μ·γ/√(σ² + ε)
///
/// The first changes no bit, the others the last ones.
struct RealGroups {
    private let graph: Graph
    private let connections: GraphConnections
    private var patch: GraphPatch
    private var isJoined: Set<NodeID> = []

    /// - Throws: `GraphError` if the graph is not valid.
    static func fuse(_ graph: Graph) throws(GraphError) -> Graph {
        // What takes a normalization may take an activation behind it.
        var normalizations = RealGroups(graph)
        for id in graph.order { normalizations.joinNormalization(behind: id) }
        let graph = try normalizations.result()
        var groups = RealGroups(graph)
        for id in graph.order {
            groups.joinActivation(behind: id)
            groups.joinGate(into: id)
        }
        return try groups.result()
    }

    /// The first alone, of which nobody notices more than that a value is missing.
    /// - Throws: `GraphError` if the graph is not valid.
    static func fuseClamps(_ graph: Graph) throws(GraphError) -> Graph {
        var groups = RealGroups(graph)
        for id in graph.order { groups.joinActivation(behind: id) }
        return try groups.result()
    }

    private func result() throws(GraphError) -> Graph { patch.isEmpty ? graph : try graph.applying(patch) }

    private init(_ graph: Graph) {
        self.graph = graph
        connections = GraphConnections(graph)
        patch = GraphPatch("join operators on real numbers", for: graph)
    }

    private func isReal(_ value: ValueID) -> Bool { graph[value].type == .float32 && graph[value].quantization == nil }

    // MARK: Activations

    private mutating func joinActivation(behind id: NodeID) {
        guard !isJoined.contains(id), let output = graph[id].outputs.first, graph[id].outputs.count == 1,
            isReal(output), let reader = connections.soleConsumer(of: output), !isJoined.contains(reader),
            let activation = (graph[reader].operation as? Unary)?.activation, activation.bounds != nil,
            let result = graph[reader].outputs.first, isReal(result),
            let operation = Self.activated(graph[id].operation, by: activation)
        else { return }
        var node = graph[id]
        node.operation = operation
        node.outputs = [result]
        patch.removeNode(reader)
        patch.updateNode(id, node)
        isJoined.formUnion([id, reader])
    }

    private static func activated(_ operation: any Operation, by activation: Activation) -> (any Operation)? {
        switch operation {
        case var convolution as Convolution where convolution.activation == .none:
            convolution.activation = activation
            return convolution
        case var convolution as DepthwiseConvolution where convolution.activation == .none:
            convolution.activation = activation
            return convolution
        case var binary as Binary where binary.activation == .none && binary.kind.isArithmetic:
            binary.activation = activation
            return binary
        default:
            return nil
        }
    }

    // MARK: Normalizations

    private mutating func joinNormalization(behind id: NodeID) {
        let node = graph[id]
        guard let convolution = node.operation as? Convolution, convolution.activation == .none,
            node.outputs.count == 1,
            node.inputs.count > 1, let w = node.inputs[1], isReal(node.outputs[0]),
            let reader = connections.soleConsumer(of: node.outputs[0]),
            let normalization = graph[reader].operation as? BatchNormalization,
            normalization.layout == convolution.layout, graph[reader].inputs.first == node.outputs[0],
            let result = graph[reader].outputs.first, isReal(result), let sizes = graph[w].shape?.sizes,
            let channels = sizes.first, channels > 0, let weights = numbers(w), weights.count % channels == 0,
            weights.count <= Self.mostWeights
        else { return }
        let factors = (1...4).compactMap { index -> [Float]? in
            guard index < graph[reader].inputs.count, let value = graph[reader].inputs[index] else { return nil }
            return numbers(value)
        }
        var bias = Array(repeating: Float(0), count: channels)
        if node.inputs.count > 2, let given = node.inputs[2] {
            guard let numbers = numbers(given) else { return }
            bias = numbers
        }
        guard factors.count == 4, (factors + [bias]).allSatisfy({ $0.count == channels }) else { return }
        let scales = zip(factors[0], factors[3]).map { $0 / ($1 + normalization.epsilon).squareRoot() }
        var scaled = weights
        let filter = weights.count / channels
        for channel in 0..<channels {
            for index in (channel * filter)..<((channel + 1) * filter) { scaled[index] *= scales[channel] }
            bias[channel] = (bias[channel] - factors[2][channel]) * scales[channel] + factors[1][channel]
        }
        var joined = node
        joined.inputs = [node.inputs[0], constant(scaled, sizes, like: w), constant(bias, [channels], like: w)]
        joined.outputs = [result]
        patch.removeNode(reader)
        patch.updateNode(id, joined)
        isJoined.formUnion([id, reader])
    }

    /// So many weights are worth a copy of their own.
    private static let mostWeights = 1 << 24

    private func numbers(_ value: ValueID) -> [Float]? {
        guard isReal(value), !graph[value].isSparse else { return nil }
        return graph[value].constant?.elements()
    }

    private mutating func constant(_ numbers: [Float], _ sizes: [Int], like value: ValueID) -> ValueID {
        patch.addValue(
            Value(
                name: graph[value].name + "/normalized", type: .float32, shape: Shape(sizes),
                constant: TensorData(numbers)))
    }

    // MARK: Gates

    private mutating func joinGate(into id: NodeID) {
        guard let product = graph[id].operation as? Binary, product.kind == .multiply, product.activation == .none,
            graph[id].inputs.count == 2, let left = graph[id].inputs[0], let right = graph[id].inputs[1],
            !isJoined.contains(id), isReal(graph[id].outputs[0])
        else { return }
        for (x, gate) in [(left, right), (right, left)] {
            guard let producer = connections.producer(of: gate), connections.soleConsumer(of: gate) == id,
                !isJoined.contains(producer), graph[producer].inputs.first == x, isReal(x),
                let operation = Self.gated(graph[producer].operation)
            else { continue }
            var node = graph[id]
            node.operation = operation
            node.inputs = [x]
            patch.removeNode(producer)
            patch.updateNode(id, node)
            isJoined.formUnion([id, producer])
            return
        }
    }

    /// x times the function of x.
    private static func gated(_ function: any Operation) -> (any Operation)? {
        switch function {
        case let unary as Unary where unary.kind == .logistic:
            return ParametricUnary(.swish, alpha: 1)
        case let unary as ParametricUnary
        where unary.kind == .hardSigmoid && abs(unary.alpha - 1 / 6) < 1e-7 && unary.beta == 0.5:
            return Unary(.hardSwish)
        default:
            return nil
        }
    }
}

extension Binary.Kind {
    /// Whether the kernels clamp the results of real operands.
    fileprivate var isArithmetic: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide: true
        default: false
        }
    }
}
