import ModelGraph

extension GraphPatch {
    /// Removes a node whose only result is the same as another value, which its readers read instead.
    ///
    /// Where the result is an output of the graph its name has to stay: then the operator that computes the other value
    /// writes the output itself.
    ///
    /// - Returns: false, with nothing done, where the two are not of one type and quantization, one of them keeps its
    ///   content between runs, or both are part of the graph's interface.
    mutating func replaceResult(
        of id: NodeID, with same: ValueID, in graph: Graph, connections: GraphConnections
    ) -> Bool {
        let node = graph[id]
        guard node.outputs.count == 1, case let result = node.outputs[0], result != same else { return false }
        let (old, new) = (graph[result], graph[same])
        // ONNX need not tell a tensor's type: `variant`.
        guard old.type == new.type || old.type == .variant || new.type == .variant,
            old.quantization == new.quantization, !old.isVariable, !new.isVariable,
            old.constant == nil
        else { return false }
        guard connections.isGraphOutput(result) else {
            if new.shape == nil && old.shape != nil || new.type != old.type && new.type == .variant {
                var known = new
                known.shape = new.shape ?? old.shape
                known.type = new.type == .variant ? old.type : new.type
                updateValue(same, known)
            }
            replaceUses(of: result, with: same)
            removeNode(id)
            return true
        }
        guard !connections.isGraphOutput(same), !graph.inputs.contains(same),
            let producer = connections.producer(of: same), !(graph[producer].operation is OpaqueOperation)
        else { return false }
        var writer = graph[producer]
        writer.outputs = writer.outputs.map { $0 == same ? result : $0 }
        updateNode(producer, writer)
        removeNode(id)
        replaceUses(of: same, with: result)
        return true
    }
}
