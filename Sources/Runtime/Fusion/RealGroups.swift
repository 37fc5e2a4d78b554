import ModelGraph
import Operators

/// Joins operators on real numbers where nobody reads the value between them.
///
///     Convolution → Relu               ⟹   Convolution with an activation
///     x · Logistic(x)                   ⟹   Swish(x)
///     x · HardSigmoid(x, 1/6, 1/2)      ⟹   HardSwish(x)
///
/// The first changes no bit, the others the last one at most.
struct RealGroups {
    private let graph: Graph
    private let connections: GraphConnections
    private var patch: GraphPatch
    private var isJoined: Set<NodeID> = []

    /// - Throws: `GraphError` if the graph is not valid.
    static func fuse(_ graph: Graph) throws(GraphError) -> Graph {
        var groups = RealGroups(graph)
        for id in graph.order {
            groups.joinActivation(behind: id)
            groups.joinGate(into: id)
        }
        return groups.patch.isEmpty ? graph : try graph.applying(groups.patch)
    }

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
