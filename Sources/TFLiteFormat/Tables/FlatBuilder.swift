import CTFLite

/// Builds the tables of a file from the leaves up; equal content is built once.
final class FlatBuilder {
    /// Names what was built.
    struct Reference: Hashable { fileprivate(set) var raw: ctf_reference }

    private let raw: OpaquePointer

    init() throws(TFLiteError) {
        guard let raw = ctf_builder_create() else { throw TFLiteError(.cannotWrite, "out of memory") }
        self.raw = raw
    }

    deinit { ctf_builder_destroy(raw) }

    func text(_ text: String) -> Reference {
        var text = text
        return Reference(raw: text.withUTF8 { ctf_build_string(raw, $0.baseAddress, $0.count) })
    }

    func vector<Element: BitwiseCopyable>(_ elements: [Element]) -> Reference {
        Reference(
            raw: elements.withUnsafeBytes {
                ctf_build_vector(raw, $0.baseAddress, elements.count, Int32(MemoryLayout<Element>.stride))
            })
    }

    func bytes(_ bytes: UnsafeRawBufferPointer) -> Reference {
        Reference(raw: ctf_build_vector(raw, bytes.baseAddress, bytes.count, 1))
    }

    func references(_ elements: [Reference]) -> Reference {
        let elements = elements.map(\.raw)
        return Reference(raw: ctf_build_references(raw, elements, elements.count))
    }

    /// A vector of references whose entries are filled in when the file's layout is known.
    func placeholders(_ count: Int) -> Reference { Reference(raw: ctf_build_placeholders(raw, count)) }

    /// A table of a type with the fields that `fill` sets, and those of `base` that it leaves alone.
    func table(_ type: String, over base: FlatTable? = nil, _ fill: (inout TableDraft) -> Void) -> Reference {
        var draft = TableDraft(type: type, builder: self)
        fill(&draft)
        return table(draft, over: base)
    }

    func table(_ draft: TableDraft, over base: FlatTable? = nil) -> Reference {
        let base = base?.raw ?? ctf_table(position: nil, type: -1)
        return Reference(raw: ctf_build_table(raw, draft.type, base, draft.settings, draft.settings.count))
    }

    /// The finished tables.
    /// - Throws: `cannotWrite` if they do not fit the format.
    func finish(root: Reference) throws(TFLiteError) -> [UInt8] {
        var size = 0
        guard let start = ctf_build_root(raw, root.raw, &size) else {
            let reason = ctf_builder_failure(raw).map { String(cString: $0) } ?? "the model cannot be built"
            throw TFLiteError(.cannotWrite, reason)
        }
        return Array(UnsafeRawBufferPointer(start: start, count: size))
    }

    /// Where the finished tables hold what the reference names.
    func offset(of reference: Reference) -> Int { ctf_built_offset(raw, reference.raw) }
}

/// The fields that a table is to be given, by their names in the schema.
struct TableDraft {
    let builder: FlatBuilder
    let type: Int32
    private(set) var settings: [ctf_setting] = []

    init(type: String, builder: FlatBuilder) {
        self.type = ctf_type(type)
        precondition(self.type >= 0, "the schema has no type \(type)")
        self.builder = builder
    }

    private mutating func set(
        _ name: String, _ kind: ctf_setting_kind, integer: Int64 = 0, real: Double = 0, reference: ctf_reference = 0
    ) {
        let id = ctf_field_id(type, name)
        precondition(id >= 0, "the schema has no field \(name)")
        settings.removeAll { $0.id == id }
        settings.append(ctf_setting(id: id, kind: kind, integer: integer, real: real, reference: reference))
    }

    mutating func set(_ name: String, _ value: Int) { set(name, CTF_SET_INTEGER, integer: Int64(value)) }
    mutating func set(_ name: String, unsigned value: UInt64) {
        set(name, CTF_SET_INTEGER, integer: Int64(bitPattern: value))
    }
    mutating func set(_ name: String, _ value: Bool) { set(name, CTF_SET_INTEGER, integer: value ? 1 : 0) }
    mutating func set(_ name: String, _ value: Float) { set(name, CTF_SET_REAL, real: Double(value)) }
    mutating func set(_ name: String, _ value: FlatBuilder.Reference) {
        set(name, CTF_SET_REFERENCE, reference: value.raw)
    }
    mutating func set(_ name: String, _ text: String) { set(name, builder.text(text)) }
    mutating func set<Element: BitwiseCopyable>(_ name: String, vector: [Element]) { set(name, builder.vector(vector)) }
    /// Leaves the field out, whatever the table below has.
    mutating func clear(_ name: String) { set(name, CTF_SET_NOTHING) }
    /// Sets a union's member.
    mutating func set(_ name: String, union: String, _ value: FlatBuilder.Reference) {
        set(name + "_type", Int(ctf_enum_value(unionName(of: name), union)))
        set(name, value)
    }

    private func unionName(of field: String) -> String {
        switch field {
        case "builtin_options_2": "BuiltinOptions2"
        case "details": "QuantizationDetails"
        default: "BuiltinOptions"
        }
    }
}
