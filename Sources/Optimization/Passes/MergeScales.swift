import ModelGraph
import Operators

/// Takes a chain of scaling and shifting by constants as one of each.
///
///     x → Add a → Mul b → Sub c → Div d → y   ⟹   x → Mul s → Add t → y
///     s = b/d          t = (a·b − c)/d
///
/// For float32 chains whose constants are one number for all elements, or one for each index of the same axis, and which
/// get shorter. A factor of 1 and a shift of 0 need no operator. The products are made in double precision. A BatchNormalization counts as a link.
/// Only the last link may have an activation, and nothing else may read the results between.
package struct MergeScalesPass: Pass {
    package static let name = "merge-scales"
    package static let summary = "take chains of scaling and shifting by constants as one of each"

    package let notes: [String] = []
    private var kept: Set<NodeID> = []
    private var scan = GraphScan()

    package init(context: PassContext) throws(PassError) {}

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        var scan = scan
        defer { self.scan = scan }
        return scan.next(in: graph) { id in
            guard !kept.contains(id), let chain = Chain(from: id, in: graph, connections: connections),
                chain.nodes.count > 1
            else { return nil }
            let patch = merge(chain, in: graph, connections: connections)
            if patch == nil { kept.formUnion(chain.nodes.dropLast()) }
            return patch
        }
    }

    private func merge(_ chain: Chain, in graph: Graph, connections: GraphConnections) -> GraphPatch? {
        let affine = chain.affine
        let count = (affine.scales ? 1 : 0) + (affine.shifts ? 1 : 0)
        guard count < chain.nodes.count, let last = chain.nodes.last else { return nil }
        let names = chain.nodes.map { graph.layerName($0) }
        var patch = GraphPatch("merge \(names.abridged)", for: graph)
        if count == 0 {
            guard chain.activation == .none,
                patch.replaceResult(of: last, with: chain.input, in: graph, connections: connections)
            else { return nil }
            for id in chain.nodes.dropLast() { patch.removeNode(id) }
            return patch
        }
        var value = chain.input
        func append(_ kind: Binary.Kind, _ elements: [Double], isLast: Bool, _ part: String) {
            let shape = Shape([elements.count] + Array(repeating: 1, count: chain.axis.place))
            let result = graph[last].outputs[0]
            let name = "\(graph[result].name)/\(part)"
            let constant = patch.addValue(
                Value(
                    name: name, type: .float32, shape: shape,
                    constant: TensorData(elements.map { Float($0) })))
            var output = result
            if !isLast {
                output = patch.addValue(
                    Value(name: "\(graph[result].name)/product", type: .float32, shape: graph[chain.input].shape))
            }
            let operation = Binary(kind, activation: isLast ? chain.activation : .none)
            patch.addNode(
                Node(
                    operation, inputs: [value, constant], outputs: [output],
                    name: isLast ? graph[last].name : nil), before: last)
            value = output
        }
        if affine.scales { append(.multiply, affine.scale, isLast: !affine.shifts, "scale") }
        if affine.shifts { append(.add, affine.offset, isLast: true, "offset") }
        for id in chain.nodes { patch.removeNode(id) }
        return patch
    }
}

/// The longest chain of scaling and shifting from a node on.
private struct Chain {
    var nodes: [NodeID] = []
    var input: ValueID
    var axis: ChannelAxis
    var affine: ChannelAffine
    var activation = Activation.none

    init?(from first: NodeID, in graph: Graph, connections: GraphConnections) {
        let inputs = graph[first].inputs.compactMap(\.self)
        guard let input = inputs.first(where: { !graph.isRealConstant($0, connections: connections) }),
            graph[input].type == .float32, graph[input].constant == nil, let rank = graph[input].shape?.rank, rank > 0
        else { return nil }
        self.input = input
        // The axis is that of the first constant with more than one element.
        axis = ChannelAxis(place: 0, channels: 1, rank: rank)
        affine = .identity(channels: 1)
        var value = input
        var next: NodeID? = first
        while activation == .none, let id = next {
            let node = graph[id]
            guard node.outputs.count == 1, graph[node.outputs[0]].type == .float32 else { return }
            if axis.channels == 1, let found = graph.axis(of: node, besides: value, rank: rank) {
                axis = found
                affine = ChannelAffine(
                    scale: Array(repeating: affine.scale[0], count: axis.channels),
                    offset: Array(repeating: affine.offset[0], count: axis.channels))
            }
            guard let step = ChannelAffine(node, input: value, axis, in: graph, connections: connections) else {
                return
            }
            let joined = affine.followed(by: step)
            guard joined.isFinite, !joined.leavesFloat else { return }
            affine = joined
            activation = (node.operation as? Binary)?.activation ?? Activation.none
            nodes.append(id)
            value = node.outputs[0]
            next = connections.soleConsumer(of: value)
        }
    }
}

extension ChannelAffine {
    /// Whether a number is too large for float32.
    fileprivate var leavesFloat: Bool { (scale + offset).contains { !Float($0).isFinite } }
}

extension Graph {
    /// The one axis along which a node's other operands differ; nil if there is none or more than one.
    fileprivate func axis(of node: Node, besides input: ValueID, rank: Int) -> ChannelAxis? {
        if let norm = node.operation as? BatchNormalization {
            guard rank >= 2, node.inputs.count == 5,
                let channels = node.inputs[1].flatMap({ self[$0].shape?.elementCount })
            else { return nil }
            return ChannelAxis(place: rank - 1 - norm.layout.channelAxis(rank: rank), channels: channels, rank: rank)
        }
        guard node.operation is Binary, node.inputs.count == 2,
            let other = node.inputs.compactMap(\.self).first(where: { $0 != input }), let sizes = fixedSizes(other),
            sizes.count <= rank
        else { return nil }
        let long = sizes.indices.filter { sizes[$0] != 1 }
        guard long.count == 1 else { return nil }
        return ChannelAxis(place: sizes.count - 1 - long[0], channels: sizes[long[0]], rank: rank)
    }
}
