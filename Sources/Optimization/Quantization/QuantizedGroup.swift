import ModelGraph
import Runtime
import Synchronization

/// The integer weights of a linear operator, with what they cost.
struct QuantizedGroup: Sendable {
    let integers: [Int8]
    /// One for each channel, or one.
    let scales: [Float]
    /// The bias b·γ + β that the group as a whole adds.
    let bias: [Double]
    /// What the integers add to the mean of each channel, and the bias is to take away.
    let correction: [Double]

    /// nil for a group whose weights or bias are no real constants.
    init?(
        _ group: LinearGroup, in graph: Graph, connections: GraphConnections, inputScale: Float, inputMeans: [Double]?
    ) {
        guard let weights = group.realWeights(in: graph, connections: connections),
            let bias = group.effectiveBias(in: graph, connections: connections)
        else { return nil }
        let minimum = WeightQuantizer.minimumScales(bias: bias, gamma: group.affine.scale, inputScale: inputScale)
        let quantized =
            group.kind == .fullyConnected
            ? WeightQuantizer.quantizeDense(weights, minimumScales: minimum)
            : WeightQuantizer.quantize(weights, minimumScales: minimum)
        (integers, scales, self.bias) = (quantized.integers, quantized.scales, bias)
        correction =
            group.takesBias
            ? group.meanError(from: weights, to: quantized.dequantized, inputMeans: inputMeans) : []
    }

    /// Several groups, by their linear operators.
    ///
    /// - Parameters:
    ///   - scales: of the groups' operands; a group without one is left out.
    ///   - means: of the channels of operands.
    static func all(
        _ groups: [LinearGroup], in graph: Graph, scales: [ValueID: Float], means: [ValueID: [Double]], pool: ThreadPool
    ) -> [NodeID: QuantizedGroup] {
        let connections = GraphConnections(graph)
        let found = Mutex<[NodeID: QuantizedGroup]>([:])
        let sizes = groups.map { graph[$0.weights].shape?.elementCount ?? 0 }
        pool.forEach(costs: sizes) { index, _ in
            let group = groups[index]
            guard let scale = scales[group.data],
                let quantized = QuantizedGroup(
                    group, in: graph, connections: connections, inputScale: scale, inputMeans: means[group.data])
            else { return }
            found.withLock { $0[group.linear] = quantized }
        }
        return found.withLock { $0 }
    }
}
