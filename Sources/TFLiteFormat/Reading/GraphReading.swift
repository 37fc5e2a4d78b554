import ModelGraph

/// Reads one graph of a file.
struct GraphReading {
    let table: FlatTable
    let index: Int
    let graphCount: Int
    let buffers: BufferTable
    let codes: [OperatorCode]

    func graph() throws(TFLiteError) -> Graph {
        var graph = Graph(name: table.text("name") ?? "", sourceIndex: index)
        let tensors = table.children("tensors")
        let reading = TensorReading(graph: index, tensors: tensors, buffers: buffers)
        for tensor in tensors.indices { _ = graph.addValue(try reading.value(tensor)) }
        graph.setInterface(
            inputs: try interface("inputs", tensors.count), outputs: try interface("outputs", tensors.count))
        for (position, operation) in table.children("operators").enumerated() {
            graph.addNode(try node(operation, position, in: graph))
        }
        do throws(GraphError) {
            try graph.connect()
        } catch {
            throw TFLiteError(.malformed, "the graph is not valid", at: "graph \(index)", cause: error)
        }
        return graph
    }

    private func interface(_ side: String, _ count: Int) throws(TFLiteError) -> [ValueID] {
        var values: [ValueID] = []
        for tensor in table.integers(side) ?? [] {
            guard (0..<count).contains(tensor) else {
                throw TFLiteError(
                    .malformed, "the graph's \(side) name tensor \(tensor) of \(count)", at: "graph \(index)")
            }
            values.append(ValueID(index: tensor))
        }
        return values
    }

    private func node(_ table: FlatTable, _ position: Int, in graph: Graph) throws(TFLiteError) -> Node {
        let opcode = table.integer("opcode_index")
        guard codes.indices.contains(opcode) else {
            throw TFLiteError(
                .malformed, "names operator code \(opcode) of \(codes.count)",
                at: "graph \(index), operator \(position)")
        }
        let code = codes[opcode]
        let place = "graph \(index), operator \(position) (\(code.name))"
        func malformed(_ tensor: Int, _ side: String) -> TFLiteError {
            TFLiteError(.malformed, "its \(side) name tensor \(tensor) of \(graph.valueIDs.count)", at: place)
        }
        var inputs: [ValueID?] = []
        for tensor in table.integers("inputs") ?? [] {
            guard tensor == -1 || graph.contains(ValueID(index: tensor)) else { throw malformed(tensor, "operands") }
            inputs.append(tensor == -1 ? nil : ValueID(index: tensor))
        }
        var outputs: [ValueID] = []
        for tensor in table.integers("outputs") ?? [] {
            guard graph.contains(ValueID(index: tensor)) else { throw malformed(tensor, "results") }
            outputs.append(ValueID(index: tensor))
        }
        var intermediates: [ValueID] = []
        for tensor in table.integers("intermediates") ?? [] where tensor != -1 {
            guard graph.contains(ValueID(index: tensor)) else { throw malformed(tensor, "intermediates") }
            intermediates.append(ValueID(index: tensor))
        }
        let called = Self.calledGraphs(of: table)
        for graph in called where !(-1..<graphCount).contains(graph) {
            throw TFLiteError(.malformed, "runs graph \(graph) of \(graphCount)", at: place)
        }
        try checkCustomOptions(table, place)
        let facts = OperandFacts(
            inputs: inputs.map { $0.map { graph[$0] } }, outputs: outputs.map { graph[$0] },
            intermediates: intermediates.map { graph[$0] })
        let operation: any Operation =
            Self.decode(table, code.name, facts)
            ?? OpaqueOperation(
                name: code.name, callsSubgraphs: called.contains { $0 >= 0 },
                hosted: HostedOperators.decode(table, code.name))
        return Node(
            operation, inputs: inputs, outputs: outputs, intermediates: intermediates,
            source: SourceReference(graph: index, index: position))
    }

    /// The operation that the options and operands say; nil if no row can hold all of it.
    private static func decode(_ table: FlatTable, _ name: String, _ facts: OperandFacts) -> (any Operation)? {
        if let row = TFLiteCustomOperators.byName[name], !table.has("builtin_options") {
            return table.bytes("custom_options").flatMap { row($0, facts) }
        }
        guard let row = TFLiteOperators.byBuiltin[name], !table.has("builtin_options_2") else { return nil }
        guard let options = table.child("builtin_options") else {
            return row.decode(
                FlatTable(absent: row.options ?? "Model", budget: table.budget), facts)
        }
        guard options.typeName == row.options else { return nil }
        return row.decode(options, facts)
    }

    /// The graphs that an operator runs, by their indices; -1 for one that is left out.
    static func calledGraphs(of table: FlatTable) -> [Int] {
        ["builtin_options", "builtin_options_2"].flatMap { name -> [Int] in
            guard let options = table.child(name) else { return [] }
            return options.integers(ofFieldsNamed: "subgraph").map(\.value)
        }
    }

    /// Custom options that stand behind the tables have to lie within the file.
    private func checkCustomOptions(_ table: FlatTable, _ place: String) throws(TFLiteError) {
        let offset = table.unsigned("large_custom_options_offset")
        let size = table.unsigned("large_custom_options_size")
        guard offset > 1 else { return }
        let total = UInt64(buffers.file.bytes.count)
        guard offset <= total, size <= total - offset else {
            throw TFLiteError(.malformed, "its custom options reach beyond the file", at: place)
        }
    }
}
