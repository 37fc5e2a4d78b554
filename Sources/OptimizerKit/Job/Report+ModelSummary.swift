import ModelGraph
import Optimization
import Reporting
import Runtime
import Synchronization

extension Report.ModelSummary {
    /// What a model holds; what running it takes, `adding` tells.
    ///
    /// - Parameter known: layers of which the share of zeros before a pass is known, by operator.
    init(contentOf model: Model, known: [NodeID: LayerRecord] = [:], threads: ThreadPool) {
        var operators: [String: Int] = [:]
        var constantBytes = 0
        for graph in model.graphs {
            for id in graph.order { operators[graph[id].operation.name, default: 0] += 1 }
            constantBytes += graph.constantByteCount
        }
        var parameters = 0
        var counted: [(count: Int, weights: StoredWeights, sparsity: Double?)] = []
        let graph = model.main
        let connections = GraphConnections(graph)
        var seen: Set<TensorData.Identity> = []
        for group in LinearGroup.all(in: graph, connections: connections) {
            let source = graph.constantSource(of: group.weights, connections: connections)
            guard let data = graph[source].constant, seen.insert(data.identity).inserted else { continue }
            let count = graph[group.weights].shape?.elementCount ?? 0
            parameters += count + (group.bias.flatMap { graph[$0].shape?.elementCount } ?? 0)
            guard let stored = StoredWeights(group, in: graph, connections: connections) else { continue }
            let layer = known[group.linear].flatMap { $0.weightsBefore.identity == data.identity ? $0 : nil }
            counted.append((count, stored, layer?.originalSparsity))
        }
        let sparsities = Mutex(counted.map(\.sparsity))
        threads.forEach(counted.count) { [counted] index, _ in
            guard counted[index].sparsity == nil else { return }
            let sparsity = counted[index].weights.sparsity
            sparsities.withLock { $0[index] = sparsity }
        }
        let weights = counted.reduce(0) { $0 + $1.count }
        let zeros = zip(counted, sparsities.withLock { $0 }).reduce(0.0) { $0 + ($1.1 ?? 0) * Double($1.0.count) }
        self.init(
            constantBytes: constantBytes, parameters: parameters, sparsity: weights > 0 ? zeros / Double(weights) : nil,
            operators: operators)
    }

    /// With what one inference takes, if the model can be run.
    func adding(_ plan: Plan?) -> Report.ModelSummary {
        var summary = self
        summary.multiplyAdds = plan?.multiplyAdds
        summary.arenaBytes = plan?.arenaByteCount
        return summary
    }
}
