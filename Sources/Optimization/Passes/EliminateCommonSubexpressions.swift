import ModelGraph
import Operators

/// Computes only once what two operators compute alike.
///
///     x → op → a          x → op → a
///     x → op → b    ⟹     a in place of b
///
/// Two operators are alike if they are of one kind with the same attributes, read the same values (or constants that are
/// equal bit by bit), and write results of the same type and quantization. Operators that we do not know and those that
/// read or write variables may do more than compute, and stay. Exact.
package struct EliminateCommonSubexpressionsPass: Pass {
    package static let name = "eliminate-common-subexpressions"
    package static let summary = "compute only once what two operators compute alike"

    /// A model made to be slow could have any number of operators that differ in a constant only.
    private static let comparisonLimit = 32

    package let notes: [String] = []
    private var kept: Set<NodeID> = []
    private var scan = GraphScan()
    /// The operators that the present round of the scan has come by.
    private var known: [Key: [NodeID]] = [:]

    package init(context: PassContext) throws(PassError) {}

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        var scan = scan
        defer { self.scan = scan }
        return scan.next(in: graph) { id in
            if id == graph.order.first { known = [:] }
            guard let key = Key(id, in: graph) else { return nil }
            // A candidate may be gone by now, or read something else: then it is met again in the next round.
            let candidates = (known[key] ?? []).filter {
                graph.contains($0) && connections.position(of: $0) < connections.position(of: id)
            }
            if !kept.contains(id),
                let twin = candidates.first(where: { Key($0, in: graph) == key && graph.isAlike($0, id) })
            {
                var patch = GraphPatch(
                    "read \(graph.layerName(twin)) in place of \(graph.layerName(id))", for: graph)
                let result = graph[twin].outputs[0]
                if patch.replaceResult(of: id, with: result, in: graph, connections: connections) { return patch }
                kept.insert(id)
            }
            if candidates.count < Self.comparisonLimit { known[key] = candidates + [id] }
            return nil
        }
    }

    /// What is quick to compare.
    private struct Key: Hashable {
        var name: String
        /// nil for constants and operands that are left out.
        var operands: [ValueID?]
        var type: ElementType

        init?(_ id: NodeID, in graph: Graph) {
            let node = graph[id]
            guard !(node.operation is OpaqueOperation), node.outputs.count == 1, !graph[node.outputs[0]].isVariable,
                !node.inputs.contains(where: { $0.map { graph[$0].isVariable } ?? false })
            else { return nil }
            name = node.operation.name
            operands = node.inputs.map { $0.flatMap { graph[$0].constant == nil ? $0 : nil } }
            type = graph[node.outputs[0]].type
        }
    }
}

extension Graph {
    fileprivate func isAlike(_ a: NodeID, _ b: NodeID) -> Bool {
        let (first, second) = (self[a], self[b])
        let (left, right) = (self[first.outputs[0]], self[second.outputs[0]])
        guard first.operation.isEqual(to: second.operation), left.quantization == right.quantization,
            first.inputs.count == second.inputs.count
        else { return false }
        return zip(first.inputs, second.inputs).allSatisfy { x, y in
            if x == y { return true }
            guard let x, let y else { return false }
            let (p, q) = (self[x], self[y])
            guard let data = p.constant, let other = q.constant else { return false }
            return p.type == q.type && p.shape == q.shape && p.quantization == q.quantization
                && p.isSparse == q.isSparse && data == other
        }
    }
}
