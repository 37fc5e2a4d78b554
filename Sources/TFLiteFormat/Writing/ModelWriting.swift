import ModelGraph

/// Writes one model: the tables of everything but its weights, then the layout of the file.
struct ModelWriting {
    let model: Model
    let source: TFLiteSource?
    let options: WritingOptions
    let builder: FlatBuilder
    /// The root of the file that the model was read from.
    let root: FlatTable?
    let sourceGraphs: [FlatTable]
    let sourceCodes: [OperatorCode]
    private let sourceBuffers: BufferTable?

    init(model: Model, source: TFLiteSource?, options: WritingOptions) throws(TFLiteError) {
        self.model = model
        self.source = source
        self.options = options
        builder = try FlatBuilder()
        let root = source?.rootTable
        self.root = root
        sourceGraphs = root?.children("subgraphs") ?? []
        sourceCodes = root?.children("operator_codes").map(OperatorCode.init) ?? []
        sourceBuffers = source.flatMap { source in
            root.map { BufferTable(file: source.file, tables: $0.children("buffers")) }
        }
    }

    func pieces() throws(TFLiteError) -> [OutputPiece] {
        var buffers = BufferPool()
        var codes = OperatorCodes(builder: builder, tables: root?.children("operator_codes") ?? [])
        // Metadata first: readers look for it within the tables only.
        let metadata = try metadata(&buffers)
        let deprecatedMetadata = try root?.integers("metadata_buffer")?.map { index throws(TFLiteError) in
            Int32(try buffer(index, &buffers))
        }
        var graphs: [FlatBuilder.Reference] = []
        var tensorIndices: [[ValueID: Int]] = []
        var customOptions: [GraphWriting.CustomOptions] = []
        for (index, graph) in model.graphs.enumerated() {
            var writing = try GraphWriting(graph: graph, index: index, model: self)
            graphs.append(try writing.table(&buffers, &codes))
            tensorIndices.append(writing.indices)
            customOptions += writing.customOptions
        }
        let signatures = try signatures(tensorIndices)
        let graphVector = builder.references(graphs)
        let codeVector = builder.references(codes.references)
        // References lead forward, and what is built first stands last.
        let emptyBuffer = builder.table("Buffer") { _ in }
        let bufferVector = builder.placeholders(buffers.contents.count)
        let table = builder.table("Model", over: root) { draft in
            if root == nil {
                draft.set("version", 3)
                draft.set("description", "")
            }
            draft.set("operator_codes", codeVector)
            draft.set("subgraphs", graphVector)
            draft.set("buffers", bufferVector)
            if let metadata { draft.set("metadata", metadata) }
            if let deprecatedMetadata { draft.set("metadata_buffer", vector: deprecatedMetadata) }
            if let signatures { draft.set("signature_defs", signatures) }
        }
        let head = try builder.finish(root: table)
        var layout = FileLayout(
            head: head, bufferVector: builder.offset(of: bufferVector), emptyBuffer: builder.offset(of: emptyBuffer),
            limit: options.structureLimit)
        return try layout.pieces(
            buffers: buffers, customOptions: customOptions.map { ($0.graph, $0.index, $0.data) }, trailing: trailing)
    }

    /// What stands behind the tables and all that they name: an archive of labels, for instance.
    private var trailing: TensorData? {
        guard let source, let root else { return nil }
        let size = source.file.bytes.count
        var end = source.extent
        func cover(_ table: FlatTable, _ offset: String, _ count: String) {
            let (sum, overflow) = table.unsigned(offset).addingReportingOverflow(table.unsigned(count))
            if table.unsigned(offset) > 1, !overflow { end = max(end, Int(clamping: sum)) }
        }
        for buffer in root.children("buffers") { cover(buffer, "offset", "size") }
        for table in sourceGraphs.flatMap({ $0.children("operators") }) {
            cover(table, "large_custom_options_offset", "large_custom_options_size")
        }
        guard end < size else { return nil }
        let rest = source.file.bytes[end..<size]
        // Builders fill the file up to a multiple of their alignment.
        if rest.count < 64, rest.allSatisfy({ $0 == 0 }) { return nil }
        return TensorData(mapped: source.file, range: end..<size)
    }

    /// The new index of a buffer of the file.
    private func buffer(_ index: Int, _ buffers: inout BufferPool) throws(TFLiteError) -> Int {
        guard let sourceBuffers, let range = try sourceBuffers.contents(of: index) else { return 0 }
        return buffers.index(of: TensorData(mapped: sourceBuffers.file, range: range), isMetadata: true)
    }

    private func metadata(_ buffers: inout BufferPool) throws(TFLiteError) -> FlatBuilder.Reference? {
        guard let root, root.has("metadata") else { return nil }
        var entries: [FlatBuilder.Reference] = []
        for table in root.children("metadata") {
            if table.text("name") == "model_control_dependencies", let source,
                !model.keepsOperators(of: source.original)
            {
                throw TFLiteError(
                    .unsupported,
                    "the file orders its operators by 'model_control_dependencies', which names operators "
                        + "that are no longer where they were", at: source.file.path)
            }
            let index = try buffer(table.integer("buffer"), &buffers)
            entries.append(builder.table("Metadata", over: table) { $0.set("buffer", index) })
        }
        return builder.references(entries)
    }

    private func signatures(_ indices: [[ValueID: Int]]) throws(TFLiteError) -> FlatBuilder.Reference? {
        let tables = root?.children("signature_defs") ?? []
        if model.signatures.isEmpty, root?.has("signature_defs") != true { return nil }
        var entries: [FlatBuilder.Reference] = []
        for signature in model.signatures {
            let base = tables.first { $0.text("signature_key") ?? "" == signature.key }
            var sides: [(String, FlatBuilder.Reference)] = []
            for (side, bindings) in [("inputs", signature.inputs), ("outputs", signature.outputs)] {
                if bindings.isEmpty, base.map({ !$0.has(side) }) ?? false { continue }
                var maps: [FlatBuilder.Reference] = []
                for binding in bindings {
                    guard let index = indices[signature.graph][binding.value] else {
                        throw TFLiteError(
                            .unsupported, "signature '\(signature.key)' names '\(binding.name)', which was removed")
                    }
                    maps.append(
                        builder.table("TensorMap") {
                            $0.set("name", binding.name)
                            $0.set("tensor_index", index)
                        })
                }
                sides.append((side, builder.references(maps)))
            }
            entries.append(
                builder.table("SignatureDef", over: base) { draft in
                    for (side, maps) in sides { draft.set(side, maps) }
                    if base == nil || base?.has("signature_key") == true { draft.set("signature_key", signature.key) }
                    draft.set("subgraph_index", signature.graph)
                })
        }
        return builder.references(entries)
    }
}

extension Model {
    /// Whether every graph has the operators that it was read with, in their order.
    fileprivate func keepsOperators(of original: Model) -> Bool {
        zip(graphs, original.graphs).allSatisfy { graph, original in
            graph.order.map { graph[$0].source?.index } == original.order.map { original[$0].source?.index }
        }
    }
}

/// The operator codes that the nodes of a model need, each once.
struct OperatorCodes {
    let builder: FlatBuilder
    /// Those of the file that the model was read from.
    let tables: [FlatTable]
    private(set) var references: [FlatBuilder.Reference] = []
    private var indices: [FlatBuilder.Reference: Int] = [:]

    init(builder: FlatBuilder, tables: [FlatTable]) {
        self.builder = builder
        self.tables = tables
    }

    /// The code of an entry of the file, in the given version.
    mutating func index(ofSource index: Int, version: Int) -> Int {
        self.index(of: builder.table("OperatorCode", over: tables[index]) { $0.set("version", version) })
    }

    mutating func index(ofBuiltin name: String, version: Int) -> Int {
        let code = TFLiteNames.builtinCode(name)
        return index(
            of: builder.table("OperatorCode") {
                // The field of one byte holds what old readers look at; codes above it are in the other.
                $0.set("deprecated_builtin_code", min(code, 127))
                $0.set("builtin_code", code)
                $0.set("version", version)
            })
    }

    private mutating func index(of reference: FlatBuilder.Reference) -> Int {
        if let index = indices[reference] { return index }
        indices[reference] = references.count
        references.append(reference)
        return references.count - 1
    }
}
