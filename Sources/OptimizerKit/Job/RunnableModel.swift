import ModelGraph
import Operators
import Optimization
import Reporting
import Runtime

/// A model with its plan, if our core can run it.
struct RunnableModel {
    let model: Model
    let plan: Plan?
    /// Why it cannot be run.
    let obstacle: String?

    init(_ model: Model) {
        self.model = model
        do throws(RuntimeError) {
            plan = try Plan(model)
            obstacle = nil
        } catch {
            plan = nil
            obstacle = error.description
        }
    }

    /// The model in figures.
    var summary: Report.ModelSummary {
        var operators: [String: Int] = [:]
        var constantBytes = 0
        for graph in model.graphs {
            for id in graph.order { operators[graph[id].operation.name, default: 0] += 1 }
            for id in graph.valueIDs { constantBytes += graph[id].constant?.byteCount ?? 0 }
        }
        var parameters = 0
        var weights = 0
        var zeros = 0.0
        let graph = model.main
        let connections = GraphConnections(graph)
        var seen: Set<ValueID> = []
        for group in LinearGroup.all(in: graph, connections: connections) where seen.insert(group.weights).inserted {
            let count = graph[group.weights].shape?.elementCount ?? 0
            parameters += count + (group.bias.flatMap { graph[$0].shape?.elementCount } ?? 0)
            guard let stored = group.storedWeights(in: graph, connections: connections) else { continue }
            weights += count
            zeros += stored.sparsity * Double(count)
        }
        return Report.ModelSummary(
            constantBytes: constantBytes, parameters: parameters, sparsity: weights > 0 ? zeros / Double(weights) : nil,
            multiplyAdds: plan?.multiplyAdds, arenaBytes: plan?.arenaByteCount, operators: operators)
    }
}

extension Graph {
    /// Whether any operator's weights, or the results of any operator, are quantized integers.
    var holdsIntegerWeights: Bool {
        LinearGroup.all(in: self).contains { self[$0.weights].type.isInteger }
            || order.contains { id in
                !(self[id].operation is Quantize)
                    && self[id].outputs.contains { self[$0].type.isInteger && self[$0].quantization != nil }
            }
    }

    /// Whether any operator computes in floating point; conversions do not count.
    var holdsRealOperators: Bool { order.contains(where: isReal) }

    /// The operators that compute in floating point.
    var realOperators: [Report.FloatOperator] {
        order.filter(isReal).map { id in
            let operation = self[id].operation.name
            let isKnown = !(self[id].operation is OpaqueOperation)
            return Report.FloatOperator(
                name: self[id].name ?? self[id].outputs.first.map { self[$0].name } ?? "", operation: operation,
                reason: isKnown ? "has no int8 form here, or stays float beside one that has none" : "not known here")
        }
    }

    private func isReal(_ id: NodeID) -> Bool {
        let node = self[id]
        if node.operation is Quantize || node.operation is Dequantize { return false }
        return (node.outputs + node.inputs.compactMap(\.self)).contains { value in
            self[value].type.isFloatingPoint && self[value].constant == nil
        }
    }
}
