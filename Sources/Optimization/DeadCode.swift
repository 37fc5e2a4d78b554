import ModelGraph

extension Graph {
    /// Bytes of all constants; what several tensors share counts once.
    package var constantByteCount: Int {
        var seen: Set<TensorData.Identity> = []
        return valueIDs.reduce(0) { sum, id in
            guard let data = self[id].constant, seen.insert(data.identity).inserted else { return sum }
            return sum + data.byteCount
        }
    }

    /// Removes operators whose results nothing reads, and tensors that nothing names, as far as passes left them
    /// behind: what stood unused in `original` already stays, for a file is not ours to tidy unasked.
    ///
    /// - Parameter bound: tensors that a signature names.
    mutating func removeDeadCode(keeping original: Graph, bound: Set<ValueID>) throws(GraphError) {
        let unusedBefore = original.unusedNodes()
        var patch = GraphPatch("remove dead code", for: self)
        var graph = self
        while true {
            let dead = graph.unusedNodes().subtracting(unusedBefore)
            guard !dead.isEmpty else { break }
            patch = GraphPatch("remove dead code", for: graph)
            for id in dead.sorted() { patch.removeNode(id) }
            graph = try graph.applying(patch)
        }
        let namedBefore = original.namedValues()
        let named = graph.namedValues()
        patch = GraphPatch("remove unused tensors", for: graph)
        for id in graph.valueIDs where !named.contains(id) {
            if bound.contains(id) || (original.contains(id) && !namedBefore.contains(id)) { continue }
            patch.removeValue(id)
        }
        self = try graph.applying(patch)
    }

    /// Operators without an effect: nothing reads their results, and they neither write variables nor run graphs.
    func unusedNodes() -> Set<NodeID> {
        let connections = GraphConnections(self)
        return Set(
            order.filter { id in
                let node = self[id]
                guard !(node.operation is OpaqueOperation), !node.outputs.isEmpty else { return false }
                let touchesVariable = node.inputs.contains { $0.map { self[$0].isVariable } ?? false }
                return !touchesVariable
                    && node.outputs.allSatisfy {
                        connections.consumers(of: $0).isEmpty && !connections.isGraphOutput($0)
                    }
            })
    }

    private func namedValues() -> Set<ValueID> {
        var named = Set(inputs + outputs)
        for id in order {
            let node = self[id]
            named.formUnion(node.inputs.compactMap(\.self) + node.outputs + node.intermediates + node.implicitInputs)
        }
        return named
    }
}
