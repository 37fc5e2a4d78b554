import ModelGraph

extension Graph {
    /// The layer's name in reports: the node's own, or that of its result.
    ///
    /// Converters join the names of all operators that became one by semicolons, the linear one last: that part is taken.
    package func layerName(_ id: NodeID) -> String {
        let node = self[id]
        let name = node.name ?? node.outputs.first.map { self[$0].name } ?? node.operation.name
        return name.split(separator: ";").last.map(String.init) ?? name
    }
}
