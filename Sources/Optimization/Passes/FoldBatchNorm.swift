import ModelGraph
import Operators

/// Folds per-channel scaling and shifting, and a clamp, into the linear operator before them.
///
///     linear(W, b) → Mul γ → Add β → clamp   ⟹   linear(W′, b′, clamp)
///     W′ = W·γ          b′ = b·γ + β
///
/// With int8 weights and a scale s for each channel the integers stay: s′ = s·|γ|, and a negative γ flips the signs of
/// its row, which is exact because −128 is never a weight. The bias is quantized only here, so that folding before or
/// after quantizing gives the same integers.
///
/// A chain is left alone where the linear operator's result is read by anything else, where its weights are float16
/// (the product would be rounded) or share one scale, and where other operators read the same weights.
///
/// - Source: Jacob et al. 2018, section 3.2.
package struct FoldBatchNormPass: Pass {
    package static let name = "fold-batchnorm"
    package static let summary = "fold normalization and scaling into the linear operator before it"

    package private(set) var notes: [String] = []
    private var refused: Set<NodeID> = []

    package init(context: PassContext) throws(PassError) {}

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        for group in LinearGroup.all(in: graph, connections: connections)
        where group.isFoldable && !refused.contains(group.linear) {
            do {
                return try Self.fold(group, in: graph, connections: connections)
            } catch {
                refused.insert(group.linear)
                notes.append("\(graph.layerName(group.linear)) keeps its normalization: \(error.reason)")
            }
        }
        return nil
    }

    /// The patch that folds one group; nil where its chain is to be left alone.
    static func patch(folding group: LinearGroup, in graph: Graph, connections: GraphConnections) -> GraphPatch? {
        try? fold(group, in: graph, connections: connections)
    }

    /// Why a chain is left alone.
    private struct Refusal: Error {
        var reason: String
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
        let isInteger = node.inputs[0].map { graph[$0].type == .int8 } ?? false
        if count > 0 || isInteger {
            guard let bias = group.effectiveBias(in: graph, connections: connections) else {
                throw Refusal(reason: "its bias is not a real constant for each channel")
            }
            let scales =
                count > 0
                ? try foldWeights(of: group, in: graph, connections: connections, patch: &patch)
                : graph[graph.constantSource(of: group.weights, connections: connections)].quantization?.scales
            let biasID = addBias(bias, weightScales: scales, group: group, node: node, in: graph, patch: &patch)
            node.inputs = [node.inputs[0], node.inputs[1], biasID]
        }
        node.operation = node.operation.withActivation(group.activation)
        node.outputs = [group.output]
        patch.updateNode(group.linear, node)
        for id in group.chain { patch.removeNode(id) }
        return patch
    }

    /// Scales the weights.
    /// - Returns: the scale of each channel for int8 weights, nil for real ones.
    private static func foldWeights(
        of group: LinearGroup, in graph: Graph, connections: GraphConnections, patch: inout GraphPatch
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
                quantization.axis == group.channelAxis, quantization.zeroPoints.allSatisfy({ $0 == 0 }),
                let sizes = value.shape?.sizes, let data = value.constant
            else { throw Refusal(reason: "its integer weights do not have a scale for each channel") }
            var integers = WeightTensor(
                values: data.elements(as: Int8.self).map(Float.init), sizes: sizes, channelAxis: group.channelAxis)
            for (channel, gamma) in group.affine.scale.enumerated() {
                let scale = Float(Double(quantization.scales[channel]) * abs(gamma))
                let isUsable = scale.isNormal
                if isUsable { quantization.scales[channel] = scale }
                integers = integers.multiplying(channel: channel, by: isUsable ? (gamma < 0 ? -1 : 1) : 0)
            }
            value.quantization = quantization
            value.constant = TensorData(integers.values.map { Int8(max(-127, min(127, $0))) })
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
        if let weightScales, let input = node.inputs[0], graph[input].type == .int8,
            let inputScale = graph[input].quantization?.scale
        {
            return patch.addValue(
                .quantizedBias(bias, inputScale: inputScale, weightScales: weightScales, name: name))
        }
        return patch.addValue(
            Value(name: name, type: .float32, shape: [bias.count], constant: TensorData(bias.map { Float($0) })))
    }
}

extension WeightTensor {
    fileprivate func multiplying(channel: Int, by factor: Float) -> WeightTensor {
        guard factor != 1 else { return self }
        var result = self
        forEachIndex(ofChannel: channel) { result.values[$0] *= factor }
        return result
    }
}

extension Operation {
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
        default: return self
        }
    }
}
