import ModelGraph

/// Reads one verified file.
struct ModelReading {
    let file: MappedFile
    let root: FlatTable

    func model() throws(TFLiteError) -> Model {
        guard root.integer("version") == 3 else {
            throw TFLiteError(.unsupported, "version \(root.integer("version")) of the format; known is version 3")
        }
        let tables = root.children("subgraphs")
        guard !tables.isEmpty else { throw TFLiteError(.malformed, "the file holds no graph") }
        let buffers = BufferTable(file: file, tables: root.children("buffers"))
        let codes = try operatorCodes()
        var graphs: [Graph] = []
        for (index, table) in tables.enumerated() {
            let reading = GraphReading(
                table: table, index: index, graphCount: tables.count, buffers: buffers, codes: codes)
            graphs.append(try reading.graph())
        }
        try rejectRecursion(tables)
        try checkMetadata(buffers)
        return Model(format: .tflite, graphs: graphs, signatures: try signatures(graphs))
    }

    private func operatorCodes() throws(TFLiteError) -> [OperatorCode] {
        let codes = root.children("operator_codes").map(OperatorCode.init)
        if let index = codes.firstIndex(where: { $0.builtin < 0 }) {
            throw TFLiteError(.malformed, "operator code \(index) is negative")
        }
        return codes
    }

    private func checkMetadata(_ buffers: BufferTable) throws(TFLiteError) {
        let named = root.children("metadata").map { (name: $0.text("name") ?? "", buffer: $0.integer("buffer")) }
        let unnamed = (root.integers("metadata_buffer") ?? []).map { (name: "", buffer: $0) }
        for entry in named + unnamed {
            do throws(TFLiteError) {
                _ = try buffers.contents(of: entry.buffer)
            } catch {
                throw TFLiteError(.malformed, error.message, at: "metadata '\(entry.name)'")
            }
        }
    }

    private func signatures(_ graphs: [Graph]) throws(TFLiteError) -> [Signature] {
        var signatures: [Signature] = []
        for table in root.children("signature_defs") {
            let key = table.text("signature_key") ?? ""
            let graph = table.integer("subgraph_index")
            guard graphs.indices.contains(graph) else {
                throw TFLiteError(.malformed, "names graph \(graph) of \(graphs.count)", at: "signature '\(key)'")
            }
            var bindings: [[Signature.Binding]] = []
            for side in ["inputs", "outputs"] {
                var bound: [Signature.Binding] = []
                for map in table.children(side) {
                    let value = ValueID(index: map.integer("tensor_index"))
                    guard graphs[graph].contains(value) else {
                        throw TFLiteError(
                            .malformed, "names tensor \(value.index), which is not there", at: "signature '\(key)'")
                    }
                    bound.append(.init(name: map.text("name") ?? "", value: value))
                }
                bindings.append(bound)
            }
            signatures.append(Signature(key: key, graph: graph, inputs: bindings[0], outputs: bindings[1]))
        }
        return signatures
    }

    /// A graph that runs itself would never end.
    private func rejectRecursion(_ tables: [FlatTable]) throws(TFLiteError) {
        var callers: [[Int]] = Array(repeating: [], count: tables.count)
        var pending = Array(repeating: 0, count: tables.count)
        for (caller, table) in tables.enumerated() {
            let called = Set(table.children("operators").flatMap(GraphReading.calledGraphs(of:)).filter { $0 >= 0 })
            for graph in called { callers[graph].append(caller) }
            pending[caller] = called.count
        }
        var settled = tables.indices.filter { pending[$0] == 0 }
        while let graph = settled.popLast() {
            for caller in callers[graph] {
                pending[caller] -= 1
                if pending[caller] == 0 { settled.append(caller) }
            }
        }
        if let graph = pending.firstIndex(where: { $0 > 0 }) {
            throw TFLiteError(.malformed, "the graph runs itself", at: "graph \(graph)")
        }
    }
}

/// What an entry of the file's operator codes says.
struct OperatorCode {
    var builtin: Int
    /// The builtin operator's name, or `CUSTOM:` and the custom code.
    var name: String
    var version: Int

    init(_ table: FlatTable) {
        // Codes up to 127 once stood in one byte, so the larger of the two counts.
        builtin = max(table.integer("builtin_code"), table.integer("deprecated_builtin_code"))
        name = TFLiteNames.builtin(builtin)
        if name == "CUSTOM" { name = "CUSTOM:" + (table.text("custom_code") ?? "") }
        version = table.integer("version")
    }
}

/// Where the file holds the contents of its buffers.
struct BufferTable {
    let file: MappedFile
    let tables: [FlatTable]

    /// The contents of a buffer; nil for an empty one.
    /// - Throws: `malformed` if there is no such buffer or it reaches beyond the file.
    func contents(of index: Int) throws(TFLiteError) -> Range<Int>? {
        guard tables.indices.contains(index) else {
            throw TFLiteError(.malformed, "names buffer \(index) of \(tables.count)")
        }
        let table = tables[index]
        if let data = table.bytes("data"), !data.isEmpty, let start = data.baseAddress,
            let base = file.bytes.baseAddress
        {
            let offset = start - base
            return offset..<offset + data.count
        }
        // Offsets of 0 and 1 stand for a buffer within the tables.
        let offset = table.unsigned("offset")
        let size = table.unsigned("size")
        guard offset > 1, size > 0 else { return nil }
        guard let start = Int(exactly: offset), let count = Int(exactly: size), start <= file.bytes.count,
            count <= file.bytes.count - start
        else {
            throw TFLiteError(
                .malformed,
                "buffer \(index) at byte \(offset) with \(size) bytes reaches beyond the file's \(file.bytes.count)")
        }
        return start..<start + count
    }
}
