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

extension Graph {
    /// The graph with the patch applied, put into running order and validated.
    ///
    /// - Throws: `GraphError` if an edit refers to something that is not there, or the result is not a valid graph.
    package func applying(_ patch: GraphPatch) throws(GraphError) -> Graph {
        var graph = self
        var placement: [(node: NodeID, before: NodeID?)] = []
        var removed: Set<NodeID> = []
        for edit in patch.edits {
            switch edit {
            case .addValue(let id, let value):
                guard id.index == graph.valueTable.count else { throw GraphPatch.stale(patch) }
                graph.valueTable.append(value)
            case .updateValue(let id, let value):
                guard graph.contains(id) else { throw GraphPatch.stale(patch) }
                graph.valueTable[id.index] = value
            case .removeValue(let id):
                guard graph.contains(id) else { throw GraphPatch.stale(patch) }
                graph.valueTable[id.index] = nil
            case .addNode(let id, let node, let before):
                guard id.index == graph.nodeTable.count else { throw GraphPatch.stale(patch) }
                graph.nodeTable.append(node)
                placement.append((id, before))
            case .updateNode(let id, let node):
                guard graph.contains(id) else { throw GraphPatch.stale(patch) }
                graph.nodeTable[id.index] = node
            case .removeNode(let id):
                guard graph.contains(id) else { throw GraphPatch.stale(patch) }
                graph.nodeTable[id.index] = nil
                removed.insert(id)
            case .replaceUses(let old, let new):
                guard graph.contains(old), graph.contains(new) else { throw GraphPatch.stale(patch) }
                graph.replaceUses(of: old, with: new)
            case .setInterface(let inputs, let outputs):
                graph.inputs = inputs
                graph.outputs = outputs
            }
        }
        graph.place(placement, without: removed)
        try graph.sortIfNeeded()
        try graph.validate()
        try graph.rejectOrphans(of: self)
        return graph
    }

    /// A value that was computed before must not be read without being computed: its producer was lost.
    private func rejectOrphans(of original: Graph) throws(GraphError) {
        let isComputed = Set(order.flatMap { self[$0].outputs } + inputs)
        let orphans = Set(original.order.flatMap { original[$0].outputs }).filter {
            contains($0) && !isComputed.contains($0) && self[$0].constant == nil
        }
        if orphans.isEmpty { return }
        for id in order {
            for case let input? in self[id].inputs where orphans.contains(input) {
                throw GraphError(.danglingReference, "\(describe(input)) is no longer computed", at: describe(id))
            }
        }
        for output in outputs where orphans.contains(output) {
            throw GraphError(.danglingReference, "the graph output \(describe(output)) is no longer computed")
        }
    }

    private mutating func replaceUses(of old: ValueID, with new: ValueID) {
        for index in nodeTable.indices {
            guard var node = nodeTable[index], node.inputs.contains(old) || node.implicitInputs.contains(old) else {
                continue
            }
            node.inputs = node.inputs.map { $0 == old ? new : $0 }
            node.implicitInputs = node.implicitInputs.map { $0 == old ? new : $0 }
            nodeTable[index] = node
        }
        outputs = outputs.map { $0 == old ? new : $0 }
    }

    private mutating func place(_ placement: [(node: NodeID, before: NodeID?)], without removed: Set<NodeID>) {
        var ahead: [NodeID: [NodeID]] = [:]
        var last: [NodeID] = []
        for (node, before) in placement where !removed.contains(node) {
            if let before { ahead[before, default: []].append(node) } else { last.append(node) }
        }
        var placed: [NodeID] = []
        placed.reserveCapacity(order.count + placement.count)
        func append(_ id: NodeID) {
            for earlier in ahead[id] ?? [] { append(earlier) }
            if !removed.contains(id) { placed.append(id) }
        }
        for id in order + last { append(id) }
        order = placed
    }

    /// Moves nodes behind the producers of what they read where an edit has broken the order.
    private mutating func sortIfNeeded() throws(GraphError) {
        var producer: [ValueID: NodeID] = [:]
        for id in order { for output in self[id].outputs { producer[output] = id } }
        var position: [NodeID: Int] = [:]
        for (index, id) in order.enumerated() { position[id] = index }
        let isSorted = order.allSatisfy { id in
            (self[id].inputs + self[id].implicitInputs).allSatisfy { input in
                guard let input, let from = producer[input] else { return true }
                return position[from]! < position[id]!
            }
        }
        if isSorted { return }
        order = try sortedOrder(producer: producer)
    }

    /// A running order that keeps the present one where it can: each node directly behind its last missing producer.
    private func sortedOrder(producer: [ValueID: NodeID]) throws(GraphError) -> [NodeID] {
        enum Mark { case open, done }
        var marks: [NodeID: Mark] = [:]
        var sorted: [NodeID] = []
        for root in order where marks[root] == nil {
            // An explicit stack: a graph from a file may be deeper than the thread's stack.
            var stack: [(node: NodeID, next: Int)] = [(root, 0)]
            marks[root] = .open
            while let (id, next) = stack.last {
                let inputs = self[id].inputs + self[id].implicitInputs
                if next == inputs.count {
                    marks[id] = .done
                    sorted.append(id)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                guard let input = inputs[next], let from = producer[input] else { continue }
                switch marks[from] {
                case .done: continue
                case .open: throw GraphError(.cycle, "the operators form a cycle", at: describe(from))
                case nil:
                    marks[from] = .open
                    stack.append((from, 0))
                }
            }
        }
        return sorted
    }
}

extension GraphPatch {
    fileprivate static func stale(_ patch: GraphPatch) -> GraphError {
        GraphError(.danglingReference, "the patch '\(patch.summary)' was made for another state of the graph")
    }
}
