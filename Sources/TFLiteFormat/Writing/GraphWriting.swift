import ModelGraph
import Operators

/// Writes the tables of one graph.
struct GraphWriting {
    /// Custom options that stand behind the tables; their place is filled in with the layout.
    struct CustomOptions {
        var graph: Int
        var index: Int
        var data: TensorData
    }

    let graph: Graph
    let index: Int
    let builder: FlatBuilder
    let source: TFLiteSource?
    /// The graph as it was read.
    let original: Graph?
    let table: FlatTable?
    /// Where each value stands in the new file.
    let indices: [ValueID: Int]
    private let tensors: [FlatTable]
    private let operators: [FlatTable]
    private let sourceCodes: [OperatorCode]
    private(set) var customOptions: [CustomOptions] = []

    init(graph: Graph, index: Int, model: ModelWriting) throws(TFLiteError) {
        self.graph = graph
        self.index = index
        builder = model.builder
        source = model.source
        if let number = graph.sourceIndex, let source, source.original.graphs.indices.contains(number) {
            original = source.original.graphs[number]
            table = model.sourceGraphs[number]
        } else {
            original = nil
            table = nil
        }
        indices = Dictionary(uniqueKeysWithValues: graph.valueIDs.enumerated().map { ($1, $0) })
        tensors = table?.children("tensors") ?? []
        operators = table?.children("operators") ?? []
        sourceCodes = model.sourceCodes
    }

    mutating func table(
        _ buffers: inout BufferPool, _ codes: inout OperatorCodes
    ) throws(TFLiteError) -> FlatBuilder.Reference {
        var tensorTables: [FlatBuilder.Reference] = []
        for id in graph.valueIDs { tensorTables.append(try tensor(id, &buffers)) }
        var operatorTables: [FlatBuilder.Reference] = []
        for (position, id) in graph.order.enumerated() {
            operatorTables.append(try node(id, position, &codes))
        }
        let inputs = try references(graph.inputs, "a graph input")
        let outputs = try references(graph.outputs, "a graph output")
        let tensorVector = vector(tensorTables, "tensors")
        let operatorVector = vector(operatorTables, "operators")
        return builder.table("SubGraph", over: table) { draft in
            if let tensorVector { draft.set("tensors", tensorVector) }
            if let operatorVector { draft.set("operators", operatorVector) }
            draft.set("inputs", inputs, unlessAbsentIn: table)
            draft.set("outputs", outputs, unlessAbsentIn: table)
            if graph.name != original?.name { draft.set("name", graph.name) }
        }
    }

    private func vector(_ elements: [FlatBuilder.Reference], _ name: String) -> FlatBuilder.Reference? {
        elements.isEmpty && table?.has(name) == false ? nil : builder.references(elements)
    }

    private func references(_ ids: [ValueID?], _ what: String) throws(TFLiteError) -> [Int32] {
        var result: [Int32] = []
        for id in ids {
            guard let id else {
                result.append(-1)
                continue
            }
            guard let index = indices[id] else {
                throw TFLiteError(.unsupported, "\(what) names a tensor that was removed", at: "graph \(self.index)")
            }
            result.append(Int32(index))
        }
        return result
    }

    // MARK: Tensors

    private func originalValue(_ value: Value) -> (value: Value, table: FlatTable)? {
        guard let place = value.source, let original, place.graph == graph.sourceIndex,
            tensors.indices.contains(place.index)
        else { return nil }
        return (original[ValueID(index: place.index)], tensors[place.index])
    }

    private func tensor(_ id: ValueID, _ buffers: inout BufferPool) throws(TFLiteError) -> FlatBuilder.Reference {
        let value = graph[id]
        let place = "graph \(index), \(graph.describe(id))"
        let read = originalValue(value)
        guard let type = TFLiteNames.code(of: value.type) else {
            throw TFLiteError(.unsupported, "the format has no element type \(value.type)", at: place)
        }
        let buffer = value.constant.map { buffers.index(of: $0) } ?? 0
        let quantization = try quantization(value, read, place)
        var sizes: [Int32]?
        if value.shape != read?.value.shape, let shape = value.shape {
            sizes = try narrow(shape.dimensions.map { $0.size ?? -1 }, place)
        }
        if value.isSparse, read?.value.constant != value.constant || read?.value.shape != value.shape {
            throw TFLiteError(.unsupported, "sparse weights can be copied, but not made or changed", at: place)
        }
        return builder.table("Tensor", over: read?.table) { draft in
            draft.set("buffer", buffer)
            draft.set("type", type)
            if read == nil || value.name != read?.value.name { draft.set("name", value.name) }
            draft.set("is_variable", value.isVariable)
            if !value.isSparse { draft.clear("sparsity") }
            switch quantization {
            case .kept: break
            case .removed: draft.clear("quantization")
            case .replaced(let reference): draft.set("quantization", reference)
            }
            guard read == nil || value.shape != read?.value.shape else { return }
            draft.clear("shape_signature")
            draft.set("has_rank", value.shape != nil && (read?.table.flag("has_rank") ?? true))
            guard let shape = value.shape, let sizes else { return draft.clear("shape") }
            draft.set("shape", vector: sizes)
            if shape.isDynamic {
                let signature = zip(shape.dimensions, sizes).map { $0.isDynamic ? -1 : $1 }
                draft.set("shape", vector: sizes.map { $0 < 0 ? 1 : $0 })
                draft.set("shape_signature", vector: signature)
            }
            if shape.rank == 0 { draft.set("has_rank", true) }
        }
    }

    private func narrow(_ sizes: [Int], _ place: String) throws(TFLiteError) -> [Int32] {
        let narrow = sizes.compactMap(Int32.init(exactly:))
        guard narrow.count == sizes.count else {
            throw TFLiteError(.unsupported, "the format's extents are 32 bits wide; \(sizes) is not", at: place)
        }
        return narrow
    }

    private enum QuantizationChange {
        case kept, removed
        case replaced(FlatBuilder.Reference)
    }

    private func quantization(
        _ value: Value, _ read: (value: Value, table: FlatTable)?, _ place: String
    ) throws(TFLiteError) -> QuantizationChange {
        if let read, value.hasQuantization(of: read.value) {
            return try remappedDetails(read.table, place).map(QuantizationChange.replaced) ?? .kept
        }
        guard let quantization = value.quantization else { return .removed }
        guard quantization.blockSize == nil else {
            throw TFLiteError(.unsupported, "scales of blocks can be copied, but not made or changed", at: place)
        }
        let axis = quantization.axis ?? 0
        return .replaced(
            builder.table("QuantizationParameters") { draft in
                draft.set("scale", vector: quantization.scales)
                draft.set("zero_point", vector: quantization.zeroPoints)
                draft.set("quantized_dimension", axis)
            })
    }

    /// The quantization of a tensor whose details name other tensors, with their new indices; nil for all others.
    private func remappedDetails(_ table: FlatTable, _ place: String) throws(TFLiteError) -> FlatBuilder.Reference? {
        guard let parameters = table.child("quantization"), let details = parameters.child("details"),
            details.typeName != "CustomQuantization"
        else { return nil }
        var settings: [(String, Int)] = []
        for field in ["scales", "zero_points"] where details.has(field) || field == "scales" {
            let index = details.integer(field)
            guard index >= 0, tensors.indices.contains(index) else { continue }
            guard let new = indices[ValueID(index: index)] else {
                throw TFLiteError(.unsupported, "the tensor of its \(field) was removed", at: place)
            }
            settings.append((field, new))
        }
        let member = builder.table(details.typeName, over: details) { draft in
            for (field, index) in settings { draft.set(field, index) }
        }
        return builder.table("QuantizationParameters", over: parameters) { $0.set("details", member) }
    }

    // MARK: Operators

    private mutating func node(
        _ id: NodeID, _ position: Int, _ codes: inout OperatorCodes
    ) throws(TFLiteError) -> FlatBuilder.Reference {
        let node = graph[id]
        let place = "graph \(index), \(graph.describe(id))"
        var read: (node: Node, table: FlatTable)?
        if let source = node.source, let original, source.graph == graph.sourceIndex,
            operators.indices.contains(source.index)
        {
            read = (original[NodeID(index: source.index)], operators[source.index])
        }
        let inputs = try references(node.inputs, "\(place): an operand")
        let outputs = try references(node.outputs, "\(place): a result")
        let intermediates = try intermediates(node, read, place)
        let payload = try payload(node, read, place, &codes)
        if !payload.replacesOperator, let table = read?.table, table.unsigned("large_custom_options_offset") > 1,
            let source
        {
            let offset = Int(table.unsigned("large_custom_options_offset"))
            let range = offset..<offset + Int(table.unsigned("large_custom_options_size"))
            customOptions.append(
                CustomOptions(graph: index, index: position, data: TensorData(mapped: source.file, range: range)))
        }
        let place64 = UInt64(position) + 2
        let base = payload.replacesOperator ? nil : read?.table
        return builder.table("Operator", over: base) { draft in
            draft.set("opcode_index", payload.code)
            draft.set("inputs", inputs, unlessAbsentIn: base)
            draft.set("outputs", outputs, unlessAbsentIn: base)
            if let intermediates { draft.set("intermediates", vector: intermediates) }
            if let table = read?.table, table.count("mutating_variable_inputs") != node.inputs.count,
                node.inputs.count != read?.node.inputs.count
            {
                draft.clear("mutating_variable_inputs")
            }
            if let options = payload.options { draft.set("builtin_options", union: options.type, options.table) }
            if let base, base.unsigned("large_custom_options_offset") > 1 {
                draft.set("large_custom_options_offset", unsigned: place64)
            }
        }
    }

    /// nil where they are those of the file, which may leave some out.
    private func intermediates(
        _ node: Node, _ read: (node: Node, table: FlatTable)?, _ place: String
    ) throws(TFLiteError) -> [Int32]? {
        if let read, read.node.intermediates == node.intermediates, let stored = read.table.integers("intermediates") {
            return try references(
                stored.map { $0 < 0 ? nil : ValueID(index: $0) }, "\(place): an intermediate")
        }
        if node.intermediates.isEmpty, read?.table.has("intermediates") != true { return nil }
        return try references(node.intermediates, "\(place): an intermediate")
    }

    private struct Payload {
        var code: Int
        /// nil where the options are those of the file, or there are none.
        var options: (type: String, table: FlatBuilder.Reference)?
        /// Whether nothing of the file's operator is left but its place.
        var replacesOperator = false
    }

    private func payload(
        _ node: Node, _ read: (node: Node, table: FlatTable)?, _ place: String, _ codes: inout OperatorCodes
    ) throws(TFLiteError) -> Payload {
        let facts = facts(node, graph)
        if let read, let original, node.operation.isEqual(to: read.node.operation) {
            let code = read.table.integer("opcode_index")
            let version = sourceCodes[code].version
            guard let row = TFLiteOperators.byBuiltin[sourceCodes[code].name] else {
                return Payload(code: codes.index(ofSource: code, version: version))
            }
            let before = row.version(read.node.operation, self.facts(read.node, original))
            let now = row.version(node.operation, facts)
            return Payload(code: codes.index(ofSource: code, version: before == now ? version : max(version, now)))
        }
        for row in TFLiteOperators.rows(for: node.operation) {
            // The version and what we do not model stay, if it is still the same operator.
            let readCode = read.map { sourceCodes[$0.table.integer("opcode_index")] }
            let isSame = readCode?.name == row.builtin
            let base = isSame ? read?.table.child("builtin_options") : nil
            var draft = TableDraft(type: row.options ?? "Buffer", builder: builder)
            guard row.encode(node.operation, facts, &draft) else { continue }
            var version = row.version(node.operation, facts)
            if isSame, let readCode { version = max(version, readCode.version) }
            var payload = Payload(code: codes.index(ofBuiltin: row.builtin, version: version))
            // Options without a field say nothing; readers take them as absent.
            if let options = row.options, base != nil || !draft.settings.isEmpty {
                payload.options = (options, builder.table(draft, over: base?.typeName == options ? base : nil))
            }
            payload.replacesOperator = !isSame
            return payload
        }
        throw TFLiteError(
            .unsupported, "the format has no operator for \(node.operation.name) with these attributes", at: place)
    }

    private func facts(_ node: Node, _ graph: Graph) -> OperandFacts {
        OperandFacts(
            inputs: node.inputs.map { $0.map { graph[$0] } }, outputs: node.outputs.map { graph[$0] },
            intermediates: node.intermediates.map { graph[$0] })
    }
}

extension TableDraft {
    /// An empty vector stays absent where it was.
    fileprivate mutating func set(_ name: String, _ elements: [Int32], unlessAbsentIn table: FlatTable?) {
        if elements.isEmpty, table?.has(name) == false { return }
        set(name, vector: elements)
    }
}
