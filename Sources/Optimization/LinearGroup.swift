import ModelGraph
import Operators

/// A linear operator with the padding before it and the chain of per-channel scaling, shifting and clamping behind it.
///
///     pad? → linear → (Mul | Add | Sub | Div by a per-channel constant | BatchNormalization)* → activation?
///
/// Pruning, quantization and folding all see the model through this view.
package struct LinearGroup: Sendable {
    package enum Kind: String, Sendable {
        case convolution, depthwiseConvolution, transposedConvolution, fullyConnected
    }

    package var kind: Kind
    package var linear: NodeID
    /// The operand that the weights multiply.
    package var data: ValueID
    /// A Pad whose result only this operator reads.
    package var pad: NodeID?
    /// The operand that the arithmetic reads; behind Dequantize for float16 weights.
    package var weights: ValueID
    package var bias: ValueID?
    /// Whether the operator has an operand for a bias; a matrix product has none.
    package var takesBias: Bool
    /// What the operator multiplies its product by: α of Gemm.
    package var productFactor: Double
    /// What the operator multiplies its bias by: β of Gemm.
    package var biasFactor: Double
    /// The axis of the weights along which the output channels stand.
    package var channelAxis: Int
    package var channels: Int
    /// The input channels that one output channel reads: the extent of the weights' input axis, 1 if depthwise.
    package var inputChannels: Int
    /// The weights of one output channel that stand side by side for one input channel.
    package var tapStride: Int
    /// The parts into which input and output channels are split.
    package var groups: Int
    /// The parts into which the weights' outermost axis is split, each with channels of its own along `channelAxis`.
    package var weightGroups: Int
    /// The place of the operand's and the result's channel axis, counted from the last axis.
    package var channelPlace: Int
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

    /// The input channel that a weight reads.
    ///
    /// - Parameter position: the place of the weight among those of its output channel.
    package func inputChannel(of channel: Int, position: Int) -> Int {
        let first = channel / max(1, channels / groups) * inputChannels
        return first + position / tapStride % inputChannels
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

    /// The groups that read integers as weights. No other operator is looked at.
    package static func withIntegerWeights(in graph: Graph) -> [LinearGroup] {
        let candidates = graph.order.filter { id in
            graph[id].inputs.count >= 2 && graph[id].inputs[1].map { graph[$0].type.isInteger } ?? false
        }
        guard !candidates.isEmpty else { return [] }
        let connections = GraphConnections(graph)
        return candidates.compactMap { LinearGroup(at: $0, in: graph, connections: connections) }
    }

    package init?(at id: NodeID, in graph: Graph, connections: GraphConnections) {
        let node = graph[id]
        guard node.inputs.count >= 2, node.outputs.count == 1, let data = node.linearOperand,
            let weights = node.inputs[1], graph.contains(data), let sizes = graph[weights].shape?.sizes,
            sizes.allSatisfy({ $0 > 0 }),
            let traits = LinearTraits(node.operation, x: graph[data].shape?.sizes, w: sizes)
        else { return nil }
        let source = graph.constantSource(of: weights, connections: connections)
        guard graph[source].constant != nil, !graph[source].isSparse, !graph[source].isVariable else { return nil }
        kind = traits.kind
        linear = id
        self.data = data
        self.weights = weights
        takesBias = traits.takesBias
        bias = traits.takesBias ? node.inputs.dropFirst(node.operation.biasOperand).first ?? nil : nil
        productFactor = traits.productFactor
        biasFactor = traits.biasFactor
        channelAxis = traits.channelAxis
        groups = traits.groups
        weightGroups = traits.kind == .transposedConvolution ? traits.groups : 1
        channels = sizes[channelAxis] * weightGroups
        inputChannels = (traits.inputAxis.map { sizes[$0] } ?? 1) / weightGroups
        // The output channels are not among a channel's own weights.
        tapStride = traits.inputAxis.map { sizes[(max($0, traits.channelAxis) + 1)...].reduce(1, *) } ?? 1
        channelPlace = traits.channelPlace
        if let producer = connections.producer(of: data), graph[producer].operation is Pad,
            connections.soleConsumer(of: data) == id
        {
            pad = producer
        }
        chain = []
        affine = .identity(channels: channels)
        activation = traits.activation
        output = node.outputs[0]
        collectChain(rank: traits.resultRank, in: graph, connections: connections)
    }

    private mutating func collectChain(rank: Int?, in graph: Graph, connections: GraphConnections) {
        var axis = ChannelAxis(place: channelPlace, channels: channels, rank: rank)
        axis.rank = graph[output].shape?.rank ?? rank
        while activation == .none, let next = connections.soleConsumer(of: output) {
            let node = graph[next]
            guard node.outputs.count == 1 else { return }
            if let step = ChannelAffine(node, input: output, axis, in: graph, connections: connections) {
                affine = affine.followed(by: step)
                activation = (node.operation as? Binary)?.activation ?? Activation.none
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
    package func normalizationNodes(in graph: Graph) -> [NodeID] { chain.filter { !(graph[$0].operation is Unary) } }

    /// The group without an activation that is an operator of its own, for linear operators that cannot clamp.
    package func withoutSeparateActivation(in graph: Graph) -> LinearGroup {
        guard let last = chain.last, graph[last].operation is Unary, case let input?? = graph[last].inputs.first else {
            return self
        }
        var group = self
        group.chain.removeLast()
        group.activation = .none
        group.output = input
        return group
    }
}

extension Operation {
    /// The place of a linear operator's bias among its operands.
    var biasOperand: Int { self is TransposedConvolutionToShape ? 3 : 2 }
}

extension Node {
    /// The operand that a linear operator's weights multiply; nil if it is left out.
    var linearOperand: ValueID? {
        inputs.dropFirst(operation is TransposedConvolutionToShape ? 2 : 0).first ?? nil
    }
}

/// What a linear operator's kind says of its operands.
private struct LinearTraits {
    var kind: LinearGroup.Kind
    var channelAxis: Int
    /// nil for depthwise weights, which have none.
    var inputAxis: Int?
    var groups = 1
    var channelPlace = 0
    /// nil where the operands' ranks alone say it.
    var resultRank: Int?
    var activation = Activation.none
    var takesBias = true
    var productFactor = 1.0
    var biasFactor = 1.0

    /// - Parameters:
    ///   - x: the operand's extents, if they are known.
    ///   - w: the weights' extents.
    init?(_ operation: any Operation, x: [Int]?, w: [Int]) {
        switch operation {
        case let op as Convolution:
            guard w.count == op.strides.count + 2 else { return nil }
            let inputAxis = op.layout.channelAxis(rank: w.count)
            // TFLite gives no group count: there x's channels may be a multiple of the filter's.
            let known = x.flatMap { try? op.groupCount(x: $0, w: w) } ?? op.groups
            guard known > 0, w[0] % known == 0 else { return nil }
            let isDepthwise = op.layout == .channelsFirst && known > 1 && w[inputAxis] == 1
            kind = isDepthwise ? .depthwiseConvolution : .convolution
            channelAxis = 0
            self.inputAxis = inputAxis
            groups = known
            channelPlace = op.layout == .channelsLast ? 0 : w.count - 2
            resultRank = w.count
            activation = op.activation
        case let op as DepthwiseConvolution:
            guard w.count == 4 else { return nil }
            kind = .depthwiseConvolution
            channelAxis = 3
            groups = x?.last.map { max(1, $0) } ?? max(1, w[3] / max(1, op.multiplier))
            resultRank = 4
            activation = op.activation
        case let op as TransposedConvolution:
            guard w.count == op.strides.count + 2, op.groups > 0, w[0] % op.groups == 0,
                !w[1].multipliedReportingOverflow(by: op.groups).overflow
            else { return nil }
            kind = .transposedConvolution
            channelAxis = 1
            inputAxis = 0
            groups = op.groups
            channelPlace = w.count - 2
            resultRank = w.count
        case let op as TransposedConvolutionToShape:
            guard w.count == op.strides.count + 2 else { return nil }
            kind = .transposedConvolution
            channelAxis = op.outputAxis(rank: w.count)
            inputAxis = w.count - 1
            resultRank = w.count
            activation = op.activation
        case let op as FullyConnected:
            guard w.count == 2 else { return nil }
            kind = .fullyConnected
            channelAxis = 0
            inputAxis = 1
            activation = op.activation
        case let op as Gemm:
            guard w.count == 2 else { return nil }
            kind = .fullyConnected
            channelAxis = op.transposesB ? 0 : 1
            inputAxis = op.transposesB ? 1 : 0
            resultRank = 2
            productFactor = Double(op.alpha)
            biasFactor = Double(op.beta)
        case is MatrixMultiplication:
            guard w.count == 2 else { return nil }
            kind = .fullyConnected
            channelAxis = 1
            inputAxis = 0
            takesBias = false
            resultRank = x?.count
        default: return nil
        }
    }
}
