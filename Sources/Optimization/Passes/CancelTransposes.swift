import ModelGraph
import Operators

/// Takes transposes that undo each other away.
///
///     x → Transpose p → Transpose q → y         ⟹   x → Transpose p∘q → y, or x itself where p∘q moves nothing
///     x → Transpose p → f → Transpose p⁻¹ → y   ⟹   x → f′ → y
///
/// f stands for any number of operators that work on each element by itself, join, pad or reduce along axes, several of
/// which may read one another: f′ is the same with its axes renamed and its constants transposed. They are rewritten
/// together where that leaves fewer transposes than before; a Transpose is added where something else reads a result or
/// an operand comes from elsewhere. Exact, but for the order in which a sum or a mean adds up.
package struct CancelTransposesPass: Pass {
    package static let name = "cancel-transposes"
    package static let summary = "take transposes that undo each other away"

    package let notes: [String] = []
    private var kept: Set<NodeID> = []
    private var merging = GraphScan()

    package init(context: PassContext) throws(PassError) {}

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        var merging = merging
        defer { self.merging = merging }
        let merged = merging.next(in: graph) { id in
            graph[id].operation is Transpose ? merge(id, in: graph, connections: connections) : nil
        }
        if let merged { return merged }
        for id in graph.order where graph[id].operation is Transpose && !kept.contains(id) {
            if let region = TransposedRegion(from: id, in: graph, connections: connections), region.saving > 0 {
                return region.patch(in: graph, connections: connections)
            }
            kept.insert(id)
        }
        return nil
    }

    /// Two transposes in a row as one, or none.
    private func merge(_ id: NodeID, in graph: Graph, connections: GraphConnections) -> GraphPatch? {
        guard let outer = graph.transposition(id), let inner = connections.producer(of: outer.input),
            let first = graph.transposition(inner), first.permutation.count == outer.permutation.count,
            graph[first.input].quantization == graph[outer.output].quantization, !graph[first.input].isVariable
        else { return nil }
        let permutation = outer.permutation.map { first.permutation[$0] }
        let names = "\(graph.layerName(inner)) and \(graph.layerName(id))"
        var patch = GraphPatch("cancel \(names)", for: graph)
        let isGone = permutation == Array(permutation.indices)
        if !isGone || !patch.replaceResult(of: id, with: first.input, in: graph, connections: connections) {
            guard !isGone else { return nil }
            patch = GraphPatch("merge \(names)", for: graph)
            var node = graph[id]
            node.inputs = [
                first.input, patch.addPermutation(permutation, like: node.inputs[1], of: outer.output, in: graph),
            ]
            patch.updateNode(id, node)
        }
        if connections.soleConsumer(of: outer.input) == id { patch.removeNode(inner) }
        return patch
    }
}

extension Graph {
    /// A transpose with a constant permutation: axis i of the output is axis `permutation[i]` of the input.
    func transposition(_ id: NodeID) -> (input: ValueID, output: ValueID, permutation: [Int])? {
        let node = self[id]
        guard node.operation is Transpose, node.inputs.count == 2, node.outputs.count == 1,
            case let input?? = node.inputs.first, let values = integers(node.inputs[1]),
            let permutation = try? Transpose.permutation(values, rank: values.count)
        else { return nil }
        if let rank = self[input].shape?.rank, rank != permutation.count { return nil }
        return (input, node.outputs[0], permutation)
    }
}

extension GraphPatch {
    /// A permutation as a constant of the type that another one has.
    mutating func addPermutation(_ axes: [Int], like other: ValueID?, of result: ValueID, in graph: Graph) -> ValueID {
        let isWide = other.map { graph[$0].type == .int64 } ?? false
        return addValue(
            Value(
                name: graph[result].name + "/permutation", type: isWide ? .int64 : .int32, shape: [axes.count],
                constant: isWide ? TensorData(axes.map { Int64($0) }) : TensorData(axes.map { Int32($0) })))
    }
}
