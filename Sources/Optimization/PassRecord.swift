import ModelGraph
import Runtime
import Synchronization

/// What one pass did, as values that can be printed, saved and compared.
package struct PassRecord: Sendable {
    package var pass: String
    package var seconds: Double
    /// The summaries of the patches that were applied.
    package var patches: [String]
    /// The model's main graph when the pass was done.
    package var graph: Graph
    /// Bytes of the main graph's constants before and after.
    package var constantBytesBefore: Int
    package var constantBytesAfter: Int
    /// The layers whose weights or results the pass changed, in running order; none until `PipelineResult.measureLayers`.
    package var layers: [LayerRecord] = []
    /// What the pass has measured of constants that it made.
    package var comparisons: [ValueID: KnownComparison]
    /// Remarks for the user: what was left alone, and why.
    package var notes: [String]
    package var realOperators: [RealOperator]
}

/// An operator that stays in real numbers, and why.
package struct RealOperator: Sendable, Equatable {
    package var name: String
    package var operation: String
    package var reason: String
}

/// What a pass did to one linear layer.
package struct LayerRecord: Sendable {
    package var node: NodeID
    package var name: String
    /// The name of the tensor that the layer computes, its whole group included.
    package var result: String
    package var operation: String
    /// The weights as they are stored.
    package var weightsBefore: TensorData
    package var weightsAfter: TensorData
    /// The share of zeros among the layer's weights after the pass.
    package var sparsity: Double
    /// The same before the pass.
    package var originalSparsity: Double
    /// Of the weights as the operator reads them, and of the layer's result.
    package var weightQuantization: Quantization?
    package var resultQuantization: Quantization?
    /// The least and the largest real value that the layer's int8 result can hold.
    package var range: ClosedRange<Float>?
    /// Signal-to-noise ratio of the effective weights after the pass against those before it, in dB; nil where nothing
    /// was lost.
    package var weightSNR: Double?
}

extension Graph {
    /// The linear layers that differ from those of the graph before a pass.
    ///
    /// - Parameter known: what the pass has measured already, by constant.
    func layerRecords(
        since original: Graph, known: [ValueID: KnownComparison], threads: ThreadPool
    ) -> [LayerRecord] {
        let connections = GraphConnections(self)
        let layers = changedLayers(since: original, connections)
        let comparisons = Mutex([WeightComparison?](repeating: nil, count: layers.count))
        threads.forEach(layers.count) { index, _ in
            let comparison = layers[index].comparison(known: known)
            comparisons.withLock { $0[index] = comparison }
        }
        return zip(layers, comparisons.withLock { $0 }).compactMap { layer, comparison in
            guard let comparison else { return nil }
            let node = layer.group.linear
            return LayerRecord(
                node: node, name: layerName(node), result: self[layer.group.output].name,
                operation: self[node].operation.name, weightsBefore: layer.weightsBefore.data,
                weightsAfter: layer.weights.data, sparsity: comparison.sparsity,
                originalSparsity: comparison.originalSparsity,
                weightQuantization: self[layer.group.weights].quantization,
                resultQuantization: self[layer.group.output].quantization, range: self[layer.group.output].realRange,
                weightSNR: comparison.signalToNoise)
        }
    }

    private func changedLayers(since original: Graph, _ connections: GraphConnections) -> [ChangedLayer] {
        let originalConnections = GraphConnections(original)
        return order.compactMap { id in
            guard original.contains(id),
                let group = LinearGroup(at: id, in: self, connections: connections),
                let before = LinearGroup(at: id, in: original, connections: originalConnections),
                case let source = constantSource(of: group.weights, connections: connections),
                let stored = self[source].constant,
                let storedBefore = original[
                    original.constantSource(of: before.weights, connections: originalConnections)
                ].constant,
                // What was changed is told by the stored bytes, before any weights are read.
                stored != storedBefore
                    || self[group.output].quantization != original[before.output].quantization,
                let weights = StoredWeights(group, in: self, connections: connections),
                let weightsBefore = StoredWeights(before, in: original, connections: originalConnections)
            else { return nil }
            return ChangedLayer(
                group: group, constant: source, weights: weights, factors: group.affine.scale.map(Float.init),
                weightsBefore: weightsBefore, factorsBefore: before.affine.scale.map(Float.init))
        }
    }
}

/// A linear layer whose weights or results a pass has changed.
private struct ChangedLayer: Sendable {
    let group: LinearGroup
    let constant: ValueID
    let weights: StoredWeights
    let factors: [Float]
    let weightsBefore: StoredWeights
    let factorsBefore: [Float]

    func comparison(known: [ValueID: KnownComparison]) -> WeightComparison {
        if let known = known[constant], known.before == weightsBefore.data.identity,
            known.after == weights.data.identity, known.factors == factors, known.factors == factorsBefore
        {
            return known.comparison
        }
        return weights.comparison(scaledBy: factors, with: weightsBefore, scaledBy: factorsBefore)
    }
}
