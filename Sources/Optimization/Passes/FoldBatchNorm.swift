import ModelGraph
import Operators

/// Folds per-channel scaling and shifting, and a clamp, into the linear operator beside them.
///
///     linear(W, b) → (BatchNormalization | Mul γ → Add β | Sub μ → Div σ) → clamp   ⟹   linear(W′, b′, clamp)
///     W′ = W·γ          b′ = b·γ + β
///
///     BatchNormalization → linear(W, b)   ⟹   linear(W′, b′)
///     W′[o, i] = W[o, i]·γ[i]          b′[o] = b[o] + Σ W[o, i]·β[i]
///
/// for batch normalization with γ ← γ/√(σ²+ε) and β ← β − μ·γ/√(σ²+ε), along the channel axis of the layout. A bias that
/// is added behind a convolution or Gemm is folded likewise; a matrix product, which takes none, keeps an Add. Formats
/// whose linear operators cannot clamp keep the clamp as an operator of its own.
///
/// With int8 weights and a scale s for each channel the integers stay: s′ = s·|γ|, and a negative γ flips the signs of
/// its row, which is exact because −128 is never a weight. The bias is quantized only here, so that folding before or
/// after quantizing gives the same integers.
///
/// A chain is left alone where the linear operator's result is read by anything else, where its weights are float16
/// (the product would be rounded) or share one scale, and where other operators read the same weights. A normalization
/// that shifts stays before a linear operator that pads: the padding is of what is normalized, and zeros there would
/// have to become −β/γ.
///
/// - Source: Jacob et al. 2018, section 3.2.
package struct FoldBatchNormPass: Pass {
    package static let name = "fold-batchnorm"
    package static let summary = "fold normalization and scaling into the linear operator before or behind it"

    package private(set) var notes: [String] = []
    private var refused: Set<NodeID> = []
    /// Why a normalization was not folded into the linear operator behind it.
    private var refusedAhead: [NodeID: String] = [:]
    private var hasNotedRest = false
    private var folding = GraphScan()
    private var foldingAhead = GraphScan()
    /// Whether nothing is left to fold behind linear operators, but for what folding ahead of them leads to.
    private var isFoldingAhead = false
    private var hasFoldedAhead = false

    package init(context: PassContext) throws(PassError) {}

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        while true {
            if !isFoldingAhead, let patch = nextBehind(in: graph, connections: connections) { return patch }
            isFoldingAhead = true
            if let patch = nextAhead(in: graph, connections: connections) {
                hasFoldedAhead = true
                return patch
            }
            isFoldingAhead = false
            guard hasFoldedAhead else { break }
            hasFoldedAhead = false
        }
        if !hasNotedRest { noteRest(of: graph, connections: connections) }
        hasNotedRest = true
        return nil
    }

    /// Folds what stands behind the next linear operator.
    private mutating func nextBehind(in graph: Graph, connections: GraphConnections) -> GraphPatch? {
        var folding = folding
        defer { self.folding = folding }
        return folding.next(in: graph) { id in
            guard !refused.contains(id), let whole = LinearGroup(at: id, in: graph, connections: connections),
                let group = whole.foldablePart(in: graph)
            else { return nil }
            do throws(Refusal) {
                return try Self.fold(group, in: graph, connections: connections)
            } catch {
                refused.insert(id)
                notes.append("\(graph.layerName(id)) keeps its normalization: \(error.reason)")
                return nil
            }
        }
    }

    /// Folds what stands ahead of the next linear operator.
    private mutating func nextAhead(in graph: Graph, connections: GraphConnections) -> GraphPatch? {
        var foldingAhead = foldingAhead
        defer { self.foldingAhead = foldingAhead }
        return foldingAhead.next(in: graph) { id in
            // What a graph input or an operator for other results feeds has nothing ahead of it.
            guard let data = graph[id].inputs.first ?? nil, connections.soleConsumer(of: data) == id,
                let producer = connections.producer(of: data), graph[producer].operation.mayScaleChannels,
                let group = LinearGroup(at: id, in: graph, connections: connections),
                let norm = group.precedingNormalization(in: graph, connections: connections),
                refusedAhead[norm] == nil
            else { return nil }
            do throws(Refusal) {
                return try foldPreceding(norm, into: group, in: graph, connections: connections)
            } catch {
                refusedAhead[norm] = error.reason
                return nil
            }
        }
    }

    /// The patch that folds one group; nil where its chain is to be left alone.
    static func patch(folding group: LinearGroup, in graph: Graph, connections: GraphConnections) -> GraphPatch? {
        guard let part = group.foldablePart(in: graph) else { return nil }
        return try? fold(part, in: graph, connections: connections)
    }

    /// Why a chain is left alone.
    struct Refusal: Error {
        var reason: String
    }

    /// Says of each batch normalization that is left why.
    private mutating func noteRest(of graph: Graph, connections: GraphConnections) {
        guard !refusedAhead.isEmpty || graph.order.contains(where: { graph[$0].operation is BatchNormalization }) else {
            return
        }
        let inChains = Set(LinearGroup.all(in: graph, connections: connections).flatMap(\.chain))
        var reasons: [(reason: String, names: [String])] = []
        for id in graph.order where !inChains.contains(id) {
            let isNorm = graph[id].operation is BatchNormalization
            guard isNorm || refusedAhead[id] != nil else { continue }
            let reason = refusedAhead[id] ?? graph.reasonForNormalization(id, connections: connections)
            if let index = reasons.firstIndex(where: { $0.reason == reason }) {
                reasons[index].names.append(graph.layerName(id))
            } else {
                reasons.append((reason, [graph.layerName(id)]))
            }
        }
        notes += reasons.map { "stays a normalization, as \($0.reason): \($0.names.abridged)" }
    }

    private static func fold(
        _ group: LinearGroup, in graph: Graph, connections: GraphConnections
    ) throws(Refusal) -> GraphPatch {
        let count = group.normalizationNodes(in: graph).count
        let name = graph.layerName(group.linear)
        var patch = GraphPatch(
            count == 0 ? "move the activation into \(name)" : "fold \(count) operators into \(name)", for: graph)
        var node = graph[group.linear]
        // The quantize pass leaves the bias of an integer operator to this one.
        let isInteger = graph[group.data].isActivation
        var offset: ValueID?
        if count > 0 || isInteger {
            guard let bias = group.effectiveBias(in: graph, connections: connections) else {
                throw Refusal(reason: "its bias is not a real constant for each channel")
            }
            let scales =
                count > 0
                ? try foldWeights(of: group, bias: bias, in: graph, connections: connections, patch: &patch)
                : graph[graph.constantSource(of: group.weights, connections: connections)].quantization?.scales
            if group.takesBias || bias.contains(where: { $0 != 0 }) {
                offset = addBias(bias, weightScales: scales, group: group, node: node, in: graph, patch: &patch)
            }
        }
        guard group.activation == .none || node.operation.clamps || offset != nil && !group.takesBias else {
            throw Refusal(reason: "it cannot clamp")
        }
        if group.takesBias {
            if let offset { node = node.withBias(offset) }
            node.operation = node.operation.withActivation(group.activation)
            node.outputs = [group.output]
        } else if let offset, let last = group.chain.last {
            let sum = Node(
                Binary(.add, activation: group.activation), inputs: [node.outputs[0], offset], outputs: [group.output],
                name: graph[last].name)
            patch.addNode(sum, before: last)
        } else {
            node.outputs = [group.output]
        }
        patch.updateNode(group.linear, node)
        for id in group.chain { patch.removeNode(id) }
        return patch
    }

    /// Scales the weights.
    ///
    /// - Parameter bias: the group's effective bias, which an int8 scale must leave room for.
    /// - Returns: the scale of each channel for int8 weights, nil for real ones.
    private static func foldWeights(
        of group: LinearGroup, bias: [Double], in graph: Graph, connections: GraphConnections,
        patch: inout GraphPatch
    ) throws(Refusal) -> [Float]? {
        let source = graph.constantSource(of: group.weights, connections: connections)
        guard connections.consumers(of: source).count == 1, connections.consumers(of: group.weights).count == 1 else {
            throw Refusal(reason: "other operators read its weights")
        }
        var value = graph[source]
        switch value.type {
        case .float32:
            guard source == group.weights, let weights = group.effectiveWeights(in: graph, connections: connections)
            else { throw Refusal(reason: "its weights are not a real constant") }
            value.constant = TensorData(weights.values)
            patch.updateValue(source, value)
            return nil
        case .int8:
            guard var quantization = value.quantization, quantization.scales.count == group.channels,
                (quantization.axis ?? group.channelAxis) == group.channelAxis,
                quantization.zeroPoints.allSatisfy({ $0 == 0 }),
                let sizes = value.shape?.sizes, let data = value.constant
            else { throw Refusal(reason: "its integer weights do not have a scale for each channel") }
            var integers = WeightTensor(
                values: data.elements(as: Int8.self).map(Float.init), sizes: sizes, channelAxis: group.channelAxis)
            let inputScale = graph[group.data].quantization?.scale ?? 1
            let least = WeightQuantizer.minimumScales(
                bias: bias, gamma: Array(repeating: 1, count: group.channels), inputScale: inputScale)
            var switchedOff: [Int] = []
            for (channel, gamma) in group.affine.scale.enumerated() {
                let scale = Float(Double(quantization.scales[channel]) * abs(gamma))
                if scale.isNormal {
                    quantization.scales[channel] = scale
                    if gamma < 0 { integers.multiply(channel: channel, by: -1) }
                } else {
                    integers.multiply(channel: channel, by: 0)
                    switchedOff.append(channel)
                }
            }
            // Only the bias is left of a channel without weights: it takes the layer's scale, as a channel of zeros does.
            let layerScale = quantization.scales.indices.filter { !switchedOff.contains($0) }
                .map { quantization.scales[$0] }.max()
            for channel in switchedOff {
                quantization.scales[channel] = max(layerScale ?? quantization.scales[channel], least[channel])
            }
            value.quantization = quantization
            value.constant = TensorData(integers.values.map { Int8(max(-128, min(127, $0))) })
            patch.updateValue(source, value)
            return quantization.scales
        default:
            throw Refusal(reason: "its weights are \(value.type), and the product would be rounded")
        }
    }

    private static func addBias(
        _ bias: [Double], weightScales: [Float]?, group: LinearGroup, node: Node, in graph: Graph,
        patch: inout GraphPatch
    ) -> ValueID {
        let name = group.bias.map { graph[$0].name } ?? "\(graph.layerName(group.linear))/bias"
        if let weightScales, graph[group.data].isActivation,
            let inputScale = graph[group.data].quantization?.scale
        {
            return patch.addValue(
                .quantizedBias(bias, inputScale: inputScale, weightScales: weightScales, name: name))
        }
        return patch.addValue(
            Value(name: name, type: .float32, shape: [bias.count], constant: TensorData(bias.map { Float($0) })))
    }
}

extension LinearGroup {
    /// The group with as much of its chain as the operator can take; nil if that is nothing.
    fileprivate func foldablePart(in graph: Graph) -> LinearGroup? {
        let part = graph[linear].operation.clamps ? self : withoutSeparateActivation(in: graph)
        // The Add of a bias behind an operator that takes none is what folding would leave.
        let isFolded =
            !takesBias && part.chain.count == 1 && graph[part.chain[0]].operation is Binary && !affine.scales
            && affine.shifts
        return part.isFoldable && !isFolded ? part : nil
    }
}

extension Node {
    /// The linear operator with another bias, which it adds as it is.
    func withBias(_ bias: ValueID) -> Node {
        var node = self
        node.inputs = inputs.prefix(operation.biasOperand) + [bias]
        if var gemm = operation as? Gemm {
            gemm.beta = 1
            node.operation = gemm
        }
        return node
    }
}

extension WeightTensor {
    fileprivate mutating func multiply(channel: Int, by factor: Float) {
        var indices: [Int] = []
        forEachIndex(ofChannel: channel) { indices.append($0) }
        for index in indices { values[index] *= factor }
    }
}

extension Operation {
    /// Whether the linear operator can apply an activation.
    fileprivate var clamps: Bool {
        switch self {
        case let op as Convolution: op.layout == .channelsLast
        case is DepthwiseConvolution, is FullyConnected, is TransposedConvolutionToShape: true
        default: false
        }
    }

    /// The linear operator with another activation.
    fileprivate func withActivation(_ activation: Activation) -> any Operation {
        switch self {
        case var op as Convolution:
            op.activation = activation
            return op
        case var op as DepthwiseConvolution:
            op.activation = activation
            return op
        case var op as FullyConnected:
            op.activation = activation
            return op
        case var op as TransposedConvolutionToShape:
            op.activation = activation
            return op
        default: return self
        }
    }
}
