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
        for id in deadNodes(keeping: unusedBefore).sorted() { patch.removeNode(id) }
        if !patch.isEmpty { try apply(patch) }
        let namedBefore = original.namedValues()
        let named = namedValues()
        patch = GraphPatch("remove unused tensors", for: self)
        for id in valueIDs where !named[id.index] {
            if bound.contains(id) || (original.contains(id) && !namedBefore[id.index]) { continue }
            patch.removeValue(id)
        }
        if !patch.isEmpty { try apply(patch) }
    }

    /// Operators without an effect: nothing reads their results, and they neither write variables nor run graphs.
    func unusedNodes() -> Set<NodeID> {
        let connections = GraphConnections(self)
        return Set(
            order.filter { id in
                mayBeUnused(id, connections)
                    && self[id].outputs.allSatisfy { connections.consumers(of: $0).isEmpty }
            })
    }

    /// Operators without an effect, and those that only they read.
    ///
    /// - Parameter kept: operators that stay although they have no effect.
    func deadNodes(keeping kept: Set<NodeID>) -> Set<NodeID> {
        let connections = GraphConnections(self)
        var dead: Set<NodeID> = []
        // Readers run after what they read.
        for id in order.reversed() where !kept.contains(id) && mayBeUnused(id, connections) {
            if self[id].outputs.allSatisfy({ connections.consumers(of: $0).allSatisfy(dead.contains) }) {
                dead.insert(id)
            }
        }
        return dead
    }

    private func mayBeUnused(_ id: NodeID, _ connections: GraphConnections) -> Bool {
        let node = self[id]
        guard !(node.operation is OpaqueOperation), !node.outputs.isEmpty else { return false }
        let touchesVariable = node.inputs.contains { $0.map { self[$0].isVariable } ?? false }
        return !touchesVariable && !node.outputs.contains(where: connections.isGraphOutput)
    }

    /// Whether anything names each value, by its index.
    private func namedValues() -> [Bool] {
        var named = Array(repeating: false, count: (valueIDs.last?.index ?? -1) + 1)
        func name(_ values: [ValueID]) {
            for value in values { named[value.index] = true }
        }
        name(inputs)
        name(outputs)
        for id in order {
            for case let input? in self[id].inputs { named[input.index] = true }
            name(self[id].outputs)
            name(self[id].intermediates)
            name(self[id].implicitInputs)
        }
        return named
    }
}
