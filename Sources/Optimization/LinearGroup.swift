import ModelGraph
import Operators

/// A linear operator with the padding before it and the chain of per-channel scaling, shifting and clamping behind it.
///
///     pad? → linear → (Mul | Add | Sub | Div by a per-channel constant)* → activation?
///
/// Pruning, quantization and folding all see the model through this view.
package struct LinearGroup: Sendable {
    package enum Kind: String, Sendable {
        case convolution, depthwiseConvolution, fullyConnected
    }

    package var kind: Kind
    package var linear: NodeID
    /// A Pad whose result only this operator reads.
    package var pad: NodeID?
    /// The operand that the arithmetic reads; behind Dequantize for float16 weights.
    package var weights: ValueID
    package var bias: ValueID?
    /// The axis of the weights along which the output channels stand.
    package var channelAxis: Int
    package var channels: Int
    /// The input channels that one output channel reads: the extent of the weights' last axis, 1 if depthwise.
    package var inputChannels: Int
    /// The nodes behind the linear operator that can be folded into it, in order.
    package var chain: [NodeID]
    /// What the chain computes: y = scale · linear + offset, for each output channel.
    package var affine: ChannelAffine
    /// The clamp at the end of the chain, or of the linear operator itself.
    package var activation: Activation
    /// The last result: the linear operator's own if the chain is empty.
    package var output: ValueID

    /// Whether there is anything behind the linear operator to fold into it.
    package var isFoldable: Bool { !chain.isEmpty }
}

/// y = scale · x + offset, for each channel.
package struct ChannelAffine: Sendable, Equatable {
    package var scale: [Double]
    package var offset: [Double]

    package static func identity(channels: Int) -> ChannelAffine {
        ChannelAffine(
            scale: Array(repeating: 1, count: channels), offset: Array(repeating: 0, count: channels))
    }
}

extension LinearGroup {
    /// All groups of a graph, in running order.
    ///
    /// A node that holds weights which are not constant, or in a type or layout that passes cannot work on, is not in
    /// any group.
    package static func all(in graph: Graph, connections: GraphConnections? = nil) -> [LinearGroup] {
        let connections = connections ?? GraphConnections(graph)
        return graph.order.compactMap { LinearGroup(at: $0, in: graph, connections: connections) }
    }

    package init?(at id: NodeID, in graph: Graph, connections: GraphConnections) {
        let node = graph[id]
        guard let traits = LinearTraits(node.operation), node.inputs.count >= 2, node.outputs.count == 1,
            case let data?? = node.inputs.first, let weights = node.inputs[1],
            graph.contains(data), let sizes = graph[weights].shape?.sizes, sizes.count == traits.weightRank,
            sizes.allSatisfy({ $0 > 0 })
        else { return nil }
        let source = graph.constantSource(of: weights, connections: connections)
        guard graph[source].constant != nil, !graph[source].isSparse, !graph[source].isVariable else { return nil }
        kind = traits.kind
        linear = id
        self.weights = weights
        bias = node.inputs.count > 2 ? node.inputs[2] : nil
        channelAxis = traits.channelAxis
        channels = sizes[channelAxis]
        inputChannels = traits.kind == .depthwiseConvolution ? 1 : sizes[sizes.count - 1]
        if let producer = connections.producer(of: data), graph[producer].operation is Pad,
            connections.soleConsumer(of: data) == id
        {
            pad = producer
        }
        chain = []
        affine = .identity(channels: channels)
        activation = traits.activation
        output = node.outputs[0]
        collectChain(in: graph, connections: connections)
    }

    private mutating func collectChain(in graph: Graph, connections: GraphConnections) {
        while activation == .none, let next = connections.soleConsumer(of: output) {
            let node = graph[next]
            guard node.outputs.count == 1, graph[node.outputs[0]].shape == graph[output].shape else { return }
            if let binary = node.operation as? Binary {
                guard let step = ChannelAffine(binary, node, input: output, channels, graph, connections) else {
                    return
                }
                affine = affine.followed(by: step)
                activation = binary.activation
            } else if let unary = node.operation as? Unary, let clamp = unary.activation {
                activation = clamp
            } else {
                return
            }
            chain.append(next)
            output = node.outputs[0]
        }
    }

    /// The chain's nodes that scale or shift, without a separate activation at its end.
    package func normalizationNodes(in graph: Graph) -> [NodeID] { chain.filter { graph[$0].operation is Binary } }
}

/// What a linear operator's kind says of its operands.
private struct LinearTraits {
    var kind: LinearGroup.Kind
    var weightRank: Int
    var channelAxis: Int
    var activation: Activation

    init?(_ operation: any Operation) {
        switch operation {
        case let op as Convolution:
            self.init(kind: .convolution, weightRank: op.strides.count + 2, channelAxis: 0, activation: op.activation)
        case let op as DepthwiseConvolution:
            self.init(kind: .depthwiseConvolution, weightRank: 4, channelAxis: 3, activation: op.activation)
        case let op as FullyConnected:
            self.init(kind: .fullyConnected, weightRank: 2, channelAxis: 0, activation: op.activation)
        default: return nil
        }
    }

    private init(kind: LinearGroup.Kind, weightRank: Int, channelAxis: Int, activation: Activation) {
        self.kind = kind
        self.weightRank = weightRank
        self.channelAxis = channelAxis
        self.activation = activation
    }
}

extension ChannelAffine {
    /// The affine map of one elementwise node with a constant operand; nil if it is not one for each channel.
    fileprivate init?(
        _ binary: Binary, _ node: Node, input: ValueID, _ channels: Int, _ graph: Graph,
        _ connections: GraphConnections
    ) {
        guard node.inputs.count == 2, case let left? = node.inputs[0], case let right? = node.inputs[1], left != right
        else { return nil }
        let inputIsLeft = left == input
        let operand = inputIsLeft ? right : left
        guard let constant = graph.perChannelConstant(operand, channels: channels, connections: connections) else {
            return nil
        }
        switch binary.kind {
        case .add: self.init(scale: Array(repeating: 1, count: channels), offset: constant)
        case .subtract where inputIsLeft:
            self.init(scale: Array(repeating: 1, count: channels), offset: constant.map { -$0 })
        case .subtract: self.init(scale: Array(repeating: -1, count: channels), offset: constant)
        case .multiply: self.init(scale: constant, offset: Array(repeating: 0, count: channels))
        case .divide where inputIsLeft && !constant.contains(0):
            self.init(scale: constant.map { 1 / $0 }, offset: Array(repeating: 0, count: channels))
        default: return nil
        }
        guard scale.allSatisfy(\.isFinite), offset.allSatisfy(\.isFinite) else { return nil }
    }

    fileprivate func followed(by next: ChannelAffine) -> ChannelAffine {
        ChannelAffine(
            scale: zip(scale, next.scale).map { $0 * $1 },
            offset: zip(offset, zip(next.scale, next.offset)).map { $0 * $1.0 + $1.1 })
    }
}

extension Graph {
    /// A constant that holds one number for each channel of the last axis, or one for all.
    fileprivate func perChannelConstant(
        _ id: ValueID, channels: Int, connections: GraphConnections
    ) -> [Double]? {
        guard let sizes = self[id].shape?.sizes, let count = Shape.elementCount(sizes),
            count == 1 || (count == channels && sizes.last == channels),
            let values = realConstant(id, connections: connections), values.count == count
        else { return nil }
        return count == 1 ? Array(repeating: Double(values[0]), count: channels) : values.map(Double.init)
    }
}
