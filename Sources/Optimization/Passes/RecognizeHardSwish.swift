import ModelGraph
import Operators

/// Takes a hard swish that is spelled out as the one operator.
///
///     x · relu6(x + 3) / 6, in any order   ⟹   HardSwish(x)
///
/// For float32, where nothing else reads the results between. The results agree within the rounding of single
/// precision.
///
/// - Requires: TFLite, or ONNX from operator set 14 on.
/// - Source: Howard et al. 2019, section 5.2.
package struct RecognizeHardSwishPass: Pass {
    package static let name = "recognize-hard-swish"
    package static let summary = "take a spelled-out hard swish as the one operator"

    package let notes: [String] = []
    private let isPossible: Bool
    private var scan = GraphScan()

    package init(context: PassContext) throws(PassError) {
        let model = context.model
        isPossible = model.format == .tflite || model.operatorSetVersion ?? 0 >= 14
    }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        guard isPossible else { return nil }
        let connections = GraphConnections(graph)
        return scan.next(in: graph) { id -> GraphPatch? in
            guard graph[id].operation is Binary else { return nil }
            var match = Product(root: id)
            guard match.collect(id, in: graph, connections: connections), abs(match.factor * 6 - 1) < 1e-6,
                match.factors.count == 2, case let output = graph[id].outputs[0], graph[output].type == .float32
            else { return nil }
            for (x, gate) in [(0, 1), (1, 0)].map({ (match.factors[$0.0], match.factors[$0.1]) }) {
                guard let inner = graph.shiftedClamp(gate, of: x, connections: connections),
                    graph[x].shape == graph[output].shape, graph[x].type == .float32
                else { continue }
                var patch = GraphPatch("recognize hard swish \(graph.layerName(id))", for: graph)
                patch.addNode(
                    Node(Unary(.hardSwish), inputs: [x], outputs: [output], name: graph[id].name), before: id)
                for node in match.nodes + inner { patch.removeNode(node) }
                return patch
            }
            return nil
        }
    }
}

/// A product of computed factors and constants.
private struct Product {
    let root: NodeID
    var nodes: [NodeID] = []
    var factors: [ValueID] = []
    var factor = 1.0

    init(root: NodeID) { self.root = root }

    /// Takes a multiplication, or a division by a constant, apart.
    /// - Returns: false if there are more factors than a hard swish has, or the node is neither.
    mutating func collect(_ id: NodeID, in graph: Graph, connections: GraphConnections) -> Bool {
        let node = graph[id]
        guard let op = node.operation as? Binary, op.activation == .none, op.kind == .multiply || op.kind == .divide,
            node.inputs.count == 2, node.outputs.count == 1, nodes.count < 4
        else { return false }
        nodes.append(id)
        for (index, input) in node.inputs.enumerated() {
            guard let input else { return false }
            if let constant = graph.uniformConstant(input, connections: connections) {
                guard graph.broadcasts(input, within: node.outputs[0]), op.kind == .multiply || index == 1 else {
                    return false
                }
                factor *= op.kind == .multiply ? constant : 1 / constant
                continue
            }
            guard op.kind == .multiply || index == 0 else { return false }
            if let producer = connections.producer(of: input), connections.soleConsumer(of: input) == id,
                let inner = graph[producer].operation as? Binary, inner.kind == .multiply || inner.kind == .divide,
                inner.activation == .none
            {
                guard collect(producer, in: graph, connections: connections) else { return false }
            } else {
                factors.append(input)
            }
        }
        return factors.count <= 2
    }
}

extension Graph {
    /// The nodes that make a value relu6(x + 3), which only one operator reads; nil if it is anything else.
    fileprivate func shiftedClamp(_ id: ValueID, of x: ValueID, connections: GraphConnections) -> [NodeID]? {
        guard connections.soleConsumer(of: id) != nil, let clamp = connections.producer(of: id) else { return nil }
        var nodes = [clamp]
        if let unary = self[clamp].operation as? Unary {
            guard unary.kind == .relu6, case let sum?? = self[clamp].inputs.first,
                connections.soleConsumer(of: sum) == clamp, let adder = connections.producer(of: sum)
            else { return nil }
            nodes.append(adder)
        }
        guard let last = nodes.last, let op = self[last].operation as? Binary, op.kind == .add,
            op.activation == (nodes.count == 1 ? .relu6 : .none), self[last].inputs.count == 2,
            self[last].inputs.contains(x),
            let other = self[last].inputs.compactMap(\.self).first(where: { $0 != x }),
            uniformConstant(other, connections: connections) == 3, broadcasts(other, within: x)
        else { return nil }
        return nodes
    }
}
