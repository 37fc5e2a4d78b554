/// A set of edits that is applied as a whole or not at all.
///
/// A patch is made for one state of one graph. New values and nodes get their final identifiers at once, so that edits
/// can refer to one another.
package struct GraphPatch: Sendable {
    package enum Edit: Sendable {
        case addValue(ValueID, Value)
        case updateValue(ValueID, Value)
        case removeValue(ValueID)
        /// Placed before `before`, or behind all nodes.
        case addNode(NodeID, Node, before: NodeID?)
        case updateNode(NodeID, Node)
        case removeNode(NodeID)
        /// Every reader of the first value reads the second instead, graph outputs included.
        case replaceUses(of: ValueID, with: ValueID)
        case setInterface(inputs: [ValueID], outputs: [ValueID])
    }

    /// What the patch does, in a few words, for reports: `fold Mul into conv_3`.
    package var summary: String
    package private(set) var edits: [Edit] = []
    private var nextValue: Int
    private var nextNode: Int

    package init(_ summary: String, for graph: Graph) {
        self.summary = summary
        nextValue = graph.valueTable.count
        nextNode = graph.nodeTable.count
    }

    package var isEmpty: Bool { edits.isEmpty }

    package mutating func addValue(_ value: Value) -> ValueID {
        let id = ValueID(index: nextValue)
        nextValue += 1
        edits.append(.addValue(id, value))
        return id
    }

    @discardableResult
    package mutating func addNode(_ node: Node, before: NodeID? = nil) -> NodeID {
        let id = NodeID(index: nextNode)
        nextNode += 1
        edits.append(.addNode(id, node, before: before))
        return id
    }

    package mutating func updateValue(_ id: ValueID, _ value: Value) { edits.append(.updateValue(id, value)) }
    package mutating func updateNode(_ id: NodeID, _ node: Node) { edits.append(.updateNode(id, node)) }
    package mutating func removeNode(_ id: NodeID) { edits.append(.removeNode(id)) }
    package mutating func removeValue(_ id: ValueID) { edits.append(.removeValue(id)) }

    package mutating func replaceUses(of value: ValueID, with replacement: ValueID) {
        edits.append(.replaceUses(of: value, with: replacement))
    }

    package mutating func setInterface(inputs: [ValueID], outputs: [ValueID]) {
        edits.append(.setInterface(inputs: inputs, outputs: outputs))
    }
}
