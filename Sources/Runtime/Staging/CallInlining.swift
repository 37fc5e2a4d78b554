import ModelGraph
import Operators

/// Puts the nodes of called graphs in place of the calls, so that they are planned with the graph around them:
/// TFLite's CALL and composites, functions of an ONNX model.
enum CallInlining {
    /// More nodes and values than this are taken for calls that call each other without end.
    private static let nodeLimit = 1 << 20

    /// - Throws: `RuntimeError` if a call does not fit its graph, or calls go too deep.
    static func inline(_ graph: Graph, of model: Model) throws(RuntimeError) -> Graph {
        var graph = graph
        for _ in 0..<Program.depthLimit {
            let calls = graph.order.filter { call(in: graph[$0]) != nil }
            if calls.isEmpty { return graph }
            var patch = GraphPatch("inline calls", for: graph)
            var nodeCount = graph.order.count
            for id in calls {
                guard let call = call(in: graph[id]) else { continue }
                let (called, operands) = try resolve(call, of: graph[id], model, at: graph.describe(id))
                nodeCount += called.order.count + called.valueIDs.count
                guard nodeCount <= nodeLimit else {
                    throw RuntimeError(.unsupportedOperator, "graphs call each other without end")
                }
                try replace(id, in: graph, by: called, operands: operands, &patch)
            }
            do throws(GraphError) {
                graph = try graph.applying(patch)
            } catch {
                throw RuntimeError(.invalidModel, error.message, at: error.location)
            }
        }
        throw RuntimeError(.unsupportedOperator, "graphs call each other more than \(Program.depthLimit) deep")
    }

    private static func call(in node: Node) -> Call? { (node.operation as? OpaqueOperation)?.hosted as? Call }

    private static func resolve(
        _ call: Call, of node: Node, _ model: Model, at location: String
    ) throws(RuntimeError) -> (Graph, [ValueID]) {
        var operands: [ValueID] = []
        for index in call.operands ?? Array(node.inputs.indices) {
            guard node.inputs.indices.contains(index), let operand = node.inputs[index] else {
                throw RuntimeError(.invalidModel, "operand \(index) is missing", at: location)
            }
            operands.append(operand)
        }
        switch call.graph {
        case .index(let index):
            guard model.graphs.indices.contains(index) else {
                throw RuntimeError(.invalidModel, "runs graph \(index) of \(model.graphs.count)", at: location)
            }
            return (model.graphs[index], operands)
        case .body(let graph, let places):
            for place in places {
                guard node.implicitInputs.indices.contains(place) else {
                    throw RuntimeError(.invalidModel, "a graph takes what is not around it", at: location)
                }
                operands.append(node.implicitInputs[place])
            }
            return (graph, operands)
        }
    }

    private static func replace(
        _ id: NodeID, in graph: Graph, by called: Graph, operands: [ValueID], _ patch: inout GraphPatch
    ) throws(RuntimeError) {
        let node = graph[id]
        guard called.inputs.count == operands.count, called.outputs.count == node.outputs.count else {
            throw RuntimeError(
                .invalidModel,
                "\(operands.count) operands and \(node.outputs.count) results for a graph of \(called.inputs.count) and "
                    + "\(called.outputs.count)", at: graph.describe(id))
        }
        var ids: [ValueID: ValueID] = [:]
        for (inner, outer) in zip(called.inputs, operands) { ids[inner] = outer }
        let computed = Set(called.order.flatMap { called[$0].outputs })
        var copies: [(from: ValueID, to: ValueID)] = []
        for (inner, outer) in zip(called.outputs, node.outputs) {
            if computed.contains(inner), ids[inner] == nil {
                ids[inner] = outer
            } else {
                copies.append((inner, outer))
            }
        }
        for inner in called.valueIDs where ids[inner] == nil { ids[inner] = patch.addValue(called[inner]) }
        for inner in called.order {
            var copy = called[inner]
            copy.inputs = copy.inputs.map { $0.flatMap { ids[$0] } }
            copy.outputs = copy.outputs.compactMap { ids[$0] }
            copy.intermediates = copy.intermediates.compactMap { ids[$0] }
            copy.implicitInputs = copy.implicitInputs.compactMap { ids[$0] }
            patch.addNode(copy, before: id)
        }
        for (from, to) in copies { patch.addNode(Node(Identity(), inputs: [ids[from]], outputs: [to]), before: id) }
        patch.removeNode(id)
    }
}
