extension Graph {
    /// The graph with the patch applied, put into running order and validated.
    ///
    /// - Throws: `GraphError` if an edit refers to something that is not there, or the result is not a valid graph.
    package func applying(_ patch: GraphPatch) throws(GraphError) -> Graph {
        var graph = self
        try graph.apply(patch)
        return graph
    }

    /// Applies the patch, keeps the nodes in running order and validates.
    ///
    /// - Throws: `GraphError` if an edit refers to something that is not there, or the result is not a valid graph; then the
    ///   graph is as it was.
    /// - Complexity: O(what the patch touches) but for plain copies of the running order, if a patch was the last change to
    ///   this graph; else O(values + operands).
    package mutating func apply(_ patch: GraphPatch) throws(GraphError) {
        var application = PatchApplication(self, patch)
        do throws(GraphError) {
            try application.edit(&self)
            try application.check(&self)
        } catch {
            application.revert(&self)
            throw error
        }
    }

    /// Moves nodes behind the producers of what they read where an edit has broken the order.
    ///
    /// - Returns: whether any was moved.
    fileprivate mutating func sort() throws(GraphError) -> Bool {
        var producer: [ValueID: NodeID] = [:]
        for id in order { for output in self[id].outputs { producer[output] = id } }
        var position: [NodeID: Int] = [:]
        for (index, id) in order.enumerated() { position[id] = index }
        let isSorted = order.allSatisfy { id in
            (self[id].inputs + self[id].implicitInputs).allSatisfy { input in
                guard let input, let from = producer[input], let place = position[from], let own = position[id] else {
                    return true
                }
                return place < own
            }
        }
        if isSorted { return false }
        order = try sortedOrder(producer: producer)
        return true
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

/// One patch on its way into a graph: what it touches is all that has to be checked, and put back if it does not fit.
private struct PatchApplication {
    private let patch: GraphPatch
    /// The graph's connections as the edits go on.
    private var connections: GraphConnections
    /// Whether the graph was known to be valid before.
    private let wasValid: Bool

    // What was there before.
    private let valueCount: Int
    private let nodeCount: Int
    private let formerOrder: [NodeID]
    private let formerInterface: (inputs: [ValueID], outputs: [ValueID])
    private var formerValues: [Int: Value?] = [:]
    private var formerNodes: [Int: Node?] = [:]

    private var placement: [(node: NodeID, before: NodeID?)] = []
    /// Nodes of the former order that are gone.
    private var removed: Set<NodeID> = []
    /// Nodes that are new or changed.
    private var changedNodes: Set<NodeID> = []
    /// Values that are new or changed, and those that changed nodes name or named.
    private var touchedValues: Set<ValueID> = []
    private var changesInterface = false

    init(_ graph: borrowing Graph, _ patch: GraphPatch) {
        self.patch = patch
        wasValid = graph.connections != nil
        connections = GraphConnections(copy graph)
        valueCount = graph.valueTable.count
        nodeCount = graph.nodeTable.count
        formerOrder = graph.order
        formerInterface = (graph.inputs, graph.outputs)
    }

    private var stale: GraphError {
        GraphError(.danglingReference, "the patch '\(patch.summary)' was made for another state of the graph")
    }

    // MARK: Editing

    mutating func edit(_ graph: inout Graph) throws(GraphError) {
        // Only one of the two may hold the tables, or each edit would copy them.
        graph.connections = nil
        for edit in patch.edits { try apply(edit, to: &graph) }
        if !placement.isEmpty || !removed.isEmpty {
            place(in: &graph)
            connections.setOrder(graph.order, nodeCount: graph.nodeTable.count)
        }
        if changesInterface { connections.setOutputs(graph.outputs) }
        for value in touchedValues { connections.sortReaders(of: value) }
    }

    private mutating func apply(_ edit: GraphPatch.Edit, to graph: inout Graph) throws(GraphError) {
        switch edit {
        case .addValue(let id, let value):
            guard id.index == graph.valueTable.count else { throw stale }
            graph.valueTable.append(value)
            connections.addValue()
            touchedValues.insert(id)
        case .updateValue(let id, let value):
            guard graph.contains(id) else { throw stale }
            set(id, to: value, in: &graph)
        case .removeValue(let id):
            guard graph.contains(id) else { throw stale }
            set(id, to: nil, in: &graph)
        case .addNode(let id, let node, let before):
            guard id.index == graph.nodeTable.count else { throw stale }
            graph.nodeTable.append(node)
            placement.append((id, before))
            changedNodes.insert(id)
            touchedValues.formUnion(connections.link(id, node))
        case .updateNode(let id, let node):
            guard graph.contains(id) else { throw stale }
            set(id, to: node, in: &graph)
        case .removeNode(let id):
            guard graph.contains(id) else { throw stale }
            set(id, to: nil, in: &graph)
            removed.insert(id)
        case .replaceUses(let old, let new):
            guard graph.contains(old), graph.contains(new) else { throw stale }
            replaceUses(of: old, with: new, in: &graph)
        case .setInterface(let inputs, let outputs):
            graph.inputs = inputs
            graph.outputs = outputs
            touchedValues.formUnion(inputs + outputs)
            changesInterface = true
        }
    }

    private mutating func set(_ id: ValueID, to value: Value?, in graph: inout Graph) {
        if id.index < valueCount, formerValues[id.index] == nil { formerValues[id.index] = graph.valueTable[id.index] }
        graph.valueTable[id.index] = value
        touchedValues.insert(id)
    }

    private mutating func set(_ id: NodeID, to node: Node?, in graph: inout Graph) {
        guard let former = graph.nodeTable[id.index] else { return }
        if id.index < nodeCount, formerNodes[id.index] == nil { formerNodes[id.index] = former }
        graph.nodeTable[id.index] = node
        touchedValues.formUnion(connections.unlink(id, former))
        if let node {
            touchedValues.formUnion(connections.link(id, node))
            changedNodes.insert(id)
        } else {
            changedNodes.remove(id)
        }
    }

    private mutating func replaceUses(of old: ValueID, with new: ValueID, in graph: inout Graph) {
        for id in connections.consumers(of: old) {
            guard var node = graph.nodeTable[id.index], node.inputs.contains(old) || node.implicitInputs.contains(old)
            else { continue }
            node.inputs = node.inputs.map { $0 == old ? new : $0 }
            node.implicitInputs = node.implicitInputs.map { $0 == old ? new : $0 }
            set(id, to: node, in: &graph)
        }
        guard graph.outputs.contains(old) else { return }
        graph.outputs = graph.outputs.map { $0 == old ? new : $0 }
        changesInterface = true
    }

    /// Puts new nodes in their places and takes removed ones out; all others stay in their order.
    private func place(in graph: inout Graph) {
        var ahead: [NodeID: [NodeID]] = [:]
        var last: [NodeID] = []
        for (node, before) in placement where graph.contains(node) {
            if let before { ahead[before, default: []].append(node) } else { last.append(node) }
        }
        var placed: [NodeID] = []
        placed.reserveCapacity(formerOrder.count + placement.count)
        func append(_ id: NodeID) {
            for earlier in ahead.removeValue(forKey: id) ?? [] { append(earlier) }
            if graph.contains(id) { placed.append(id) }
        }
        let special = Set(ahead.keys.filter { $0.index < nodeCount }).union(removed.filter { $0.index < nodeCount })
        var next = 0
        for position in special.map({ connections.position(of: $0) }).sorted() {
            guard position >= next, position < formerOrder.count else { continue }
            placed += formerOrder[next..<position]
            append(formerOrder[position])
            next = position + 1
        }
        placed += formerOrder[next...]
        for id in last { append(id) }
        // What was to stand before something that is not there.
        for id in ahead.values.joined().sorted() { append(id) }
        graph.order = placed
    }

    // MARK: Checking

    mutating func check(_ graph: inout Graph) throws(GraphError) {
        guard wasValid else {
            _ = try graph.sort()
            try graph.validate()
            try rejectOrphans(in: graph)
            graph.connections = GraphConnections(scanning: graph)
            return
        }
        if !isInOrder(graph), try graph.sort() { connections = GraphConnections(scanning: graph) }
        for value in touchedValues.sorted() { try check(value, in: graph) }
        for id in changedNodes.sorted() { try check(id, in: graph) }
        try rejectOrphans(in: graph)
        graph.connections = connections
    }

    /// Whether every changed node stands behind what it reads and before what reads it.
    private func isInOrder(_ graph: Graph) -> Bool {
        changedNodes.allSatisfy { id in
            let position = connections.position(of: id)
            let node = graph[id]
            for case let input? in node.inputs + node.implicitInputs {
                if let producer = connections.producer(of: input), connections.position(of: producer) >= position {
                    return false
                }
            }
            for output in node.outputs {
                for reader in connections.consumers(of: output) where connections.position(of: reader) <= position {
                    let node = graph[reader]
                    if node.inputs.contains(output) || node.implicitInputs.contains(output) { return false }
                }
            }
            return true
        }
    }

    private func check(_ id: ValueID, in graph: Graph) throws(GraphError) {
        let readers = connections.consumers(of: id)
        let writer = connections.producer(of: id)
        guard graph.contains(id) else {
            if let reader = readers.first {
                throw GraphError(.danglingReference, "an input names no tensor", at: graph.describe(reader))
            }
            if let writer {
                throw GraphError(.danglingReference, "an output names no tensor", at: graph.describe(writer))
            }
            if connections.isGraphOutput(id) {
                throw GraphError(.danglingReference, "a graph output names no tensor")
            }
            if graph.inputs.contains(id) { throw GraphError(.danglingReference, "a graph input names no tensor") }
            return
        }
        try graph.validate(id)
        let count = connections.writerCount(of: id)
        guard count > 0 else { return }
        guard count == 1, !graph.inputs.contains(id),
            graph[id].constant == nil || graph[id].isVariable
        else {
            throw GraphError(
                .duplicateProducer, "\(graph.describe(id)) is written by more than one producer",
                at: writer.map(graph.describe))
        }
    }

    private func check(_ id: NodeID, in graph: Graph) throws(GraphError) {
        let node = graph[id]
        for output in node.outputs where !graph.contains(output) {
            throw GraphError(.danglingReference, "an output names no tensor", at: graph.describe(id))
        }
        for case let input? in node.inputs + node.implicitInputs where !graph.contains(input) {
            throw GraphError(.danglingReference, "an input names no tensor", at: graph.describe(id))
        }
        for value in node.intermediates where !graph.contains(value) {
            throw GraphError(.danglingReference, "an intermediate names no tensor", at: graph.describe(id))
        }
    }

    /// A value that was computed before must not be read without being computed: its producer was lost.
    private func rejectOrphans(in graph: Graph) throws(GraphError) {
        var formerlyComputed = Set(formerNodes.values.flatMap { $0?.outputs ?? [] })
        if changesInterface { formerlyComputed.formUnion(formerInterface.inputs) }
        for id in formerlyComputed.sorted() where graph.contains(id) && graph[id].constant == nil {
            guard connections.writerCount(of: id) == 0, !graph.inputs.contains(id) else { continue }
            if let reader = connections.consumers(of: id).first(where: { graph[$0].inputs.contains(id) }) {
                throw GraphError(
                    .danglingReference, "\(graph.describe(id)) is no longer computed", at: graph.describe(reader))
            }
            if graph.outputs.contains(id) {
                throw GraphError(
                    .danglingReference, "the graph output \(graph.describe(id)) is no longer computed")
            }
        }
    }

    // MARK: Putting back

    func revert(_ graph: inout Graph) {
        graph.connections = nil
        graph.valueTable.removeLast(graph.valueTable.count - valueCount)
        graph.nodeTable.removeLast(graph.nodeTable.count - nodeCount)
        for (index, value) in formerValues { graph.valueTable[index] = value }
        for (index, node) in formerNodes { graph.nodeTable[index] = node }
        graph.order = formerOrder
        graph.inputs = formerInterface.inputs
        graph.outputs = formerInterface.outputs
    }
}
