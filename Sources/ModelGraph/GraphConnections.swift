/// Who produces and who consumes each value of a graph at one moment.
package struct GraphConnections: Sendable {
    /// By value.
    private var writers: [Writer] = []
    /// By value: the nodes that read it, each once, in the order in which they run.
    private var readers: [[NodeID]] = []
    /// By node: its place in the running order.
    private var positions: [Int] = []
    private var outputs: Set<Int> = []

    private struct Writer {
        var node: NodeID?
        /// While a patch is applied there may be several.
        var others: [NodeID] = []
    }

    /// - Complexity: O(1) for a graph that a patch was applied to last, else O(operands).
    package init(_ graph: Graph) {
        if let known = graph.connections {
            self = known
        } else {
            self.init(scanning: graph)
        }
    }

    init(scanning graph: Graph) {
        writers = Array(repeating: Writer(), count: graph.valueTable.count)
        readers = Array(repeating: [], count: graph.valueTable.count)
        setOutputs(graph.outputs)
        setOrder(graph.order, nodeCount: graph.nodeTable.count)
        for id in graph.order { link(id, graph[id]) }
    }

    /// The node that computes the value; nil for constants and graph inputs.
    package func producer(of value: ValueID) -> NodeID? {
        writers.indices.contains(value.index) ? writers[value.index].node : nil
    }

    /// The nodes that read the value, each once, in the order in which they run.
    package func consumers(of value: ValueID) -> [NodeID] {
        readers.indices.contains(value.index) ? readers[value.index] : []
    }

    package func isGraphOutput(_ value: ValueID) -> Bool { outputs.contains(value.index) }

    /// The only reader of the value; nil if there are several, or none, or the value is also a graph output.
    package func soleConsumer(of value: ValueID) -> NodeID? {
        let readers = consumers(of: value)
        return readers.count == 1 && !isGraphOutput(value) ? readers[0] : nil
    }

    /// The node's place in the running order.
    ///
    /// - Precondition: the node is in the graph.
    package func position(of node: NodeID) -> Int { positions[node.index] }

    // MARK: Following a patch

    /// How many nodes write the value.
    func writerCount(of value: ValueID) -> Int {
        guard writers.indices.contains(value.index), writers[value.index].node != nil else { return 0 }
        return 1 + writers[value.index].others.count
    }

    mutating func addValue() {
        writers.append(Writer())
        readers.append([])
    }

    mutating func setOutputs(_ values: [ValueID]) { outputs = Set(values.map(\.index)) }

    mutating func setOrder(_ order: [NodeID], nodeCount: Int) {
        if positions.count < nodeCount { positions += Array(repeating: 0, count: nodeCount - positions.count) }
        for (position, id) in order.enumerated() { positions[id.index] = position }
    }

    /// Takes a node's operands and results in. Readers stand behind those that are there until `sortReaders`.
    ///
    /// - Returns: the values that it names.
    @discardableResult
    mutating func link(_ id: NodeID, _ node: Node) -> [ValueID] {
        let read = node.readValues
        for value in read where readers.indices.contains(value.index) { readers[value.index].append(id) }
        for value in node.outputs where writers.indices.contains(value.index) {
            if let other = writers[value.index].node { writers[value.index].others.append(other) }
            writers[value.index].node = id
        }
        return read + node.outputs
    }

    /// - Returns: the values that the node names.
    mutating func unlink(_ id: NodeID, _ node: Node) -> [ValueID] {
        let read = node.readValues
        for value in read where readers.indices.contains(value.index) { readers[value.index].removeAll { $0 == id } }
        for value in node.outputs where writers.indices.contains(value.index) {
            if writers[value.index].node == id {
                writers[value.index].node = writers[value.index].others.popLast()
            } else if let place = writers[value.index].others.firstIndex(of: id) {
                writers[value.index].others.remove(at: place)
            }
        }
        return read + node.outputs
    }

    mutating func sortReaders(of value: ValueID) {
        guard readers.indices.contains(value.index), readers[value.index].count > 1 else { return }
        let positions = positions
        readers[value.index].sort { positions[$0.index] < positions[$1.index] }
    }
}

extension Node {
    /// What the node names but does not write, each value once.
    fileprivate var readValues: [ValueID] {
        var values: [ValueID] = []
        values.reserveCapacity(inputs.count)
        // Few nodes have so many operands that a search is slow.
        var seen: Set<ValueID>?
        if inputs.count + intermediates.count + implicitInputs.count > 16 { seen = [] }
        func add(_ value: ValueID) {
            guard seen == nil ? !values.contains(value) : seen?.insert(value).inserted == true else { return }
            values.append(value)
        }
        for case let input? in inputs { add(input) }
        for value in intermediates { add(value) }
        for value in implicitInputs { add(value) }
        return values
    }
}
