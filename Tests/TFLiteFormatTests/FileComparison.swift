import CTFLite
import ModelGraph

/// Compares two files field by field, steered by the schema alone: every table, vector, text and scalar that the root
/// reaches. Buffers and operator codes are compared by what they hold for those who name them, as their numbers may move.
struct FileComparison {
    private let a: MappedFile
    private let b: MappedFile
    private(set) var differences: [String] = []
    private(set) var comparedFields = 0

    /// The differences of two verified files, by the paths of the fields.
    static func differences(_ a: MappedFile, _ b: MappedFile) -> [String] {
        var comparison = FileComparison(a: a, b: b)
        comparison.compare(comparison.root(a), comparison.root(b), "")
        precondition(comparison.comparedFields > 0)
        return comparison.differences
    }

    private init(a: MappedFile, b: MappedFile) {
        self.a = a
        self.b = b
    }

    private func root(_ file: MappedFile) -> ctf_table {
        ctf_root(file.bytes.bindMemory(to: UInt8.self).baseAddress!)
    }

    private mutating func compare(_ left: ctf_table, _ right: ctf_table, _ path: String) {
        guard left.position != nil, right.position != nil else {
            if (left.position == nil) != (right.position == nil) { differences.append("\(path): given in one only") }
            return
        }
        guard left.type == right.type else { return differences.append("\(path): of another type") }
        for id in 0..<ctf_field_count(left.type) {
            guard let field = ctf_field_at(left.type, id)?.pointee else { continue }
            comparedFields += 1
            let name = String(cString: field.name)
            let type = String(cString: ctf_type_name(left.type))
            compareField(left, right, id, field, "\(path).\(name)", "\(type).\(name)")
        }
    }

    private mutating func compareField(
        _ left: ctf_table, _ right: ctf_table, _ id: Int32, _ field: ctf_field, _ path: String, _ name: String
    ) {
        switch name {
        case "Model.buffers", "Model.operator_codes", "Operator.large_custom_options_size": return
        case "Tensor.buffer", "Metadata.buffer":
            if buffer(Int(ctf_integer(left, id)), a) != buffer(Int(ctf_integer(right, id)), b) {
                differences.append("\(path): other bytes")
            }
        case "Model.metadata_buffer":
            let buffers = [(left, a), (right, b)].map { table, file in
                integers(table, id).map { buffer($0, file) }
            }
            if buffers[0] != buffers[1] { differences.append("\(path): other bytes") }
        case "Operator.opcode_index":
            compare(code(left, id, a), code(right, id, b), path)
        case "Operator.large_custom_options_offset":
            if options(left, id, a) != options(right, id, b) { differences.append("\(path): other bytes") }
        default: compareContent(left, right, id, field, path)
        }
    }

    private mutating func compareContent(
        _ left: ctf_table, _ right: ctf_table, _ id: Int32, _ field: ctf_field, _ path: String
    ) {
        switch field.kind {
        case CTF_INTEGER:
            if ctf_integer(left, id) != ctf_integer(right, id) { differences.append("\(path): another number") }
        case CTF_REAL:
            if ctf_real(left, id).bitPattern != ctf_real(right, id).bitPattern {
                differences.append("\(path): another number")
            }
        case CTF_TABLE, CTF_UNION: compare(ctf_child(left, id), ctf_child(right, id), path)
        default:
            let (from, to) = (ctf_elements(left, id), ctf_elements(right, id))
            guard (from.elements == nil) == (to.elements == nil), from.count == to.count else {
                return differences.append("\(path): \(from.count) elements are now \(to.count)")
            }
            if field.element == CTF_TABLE {
                for index in 0..<from.count {
                    compare(ctf_child_in(left, id, index), ctf_child_in(right, id, index), "\(path)[\(index)]")
                }
            } else {
                let size = from.count * (field.kind == CTF_STRING ? 1 : Int(field.width))
                let same = UnsafeBufferPointer(start: from.elements, count: size)
                    .elementsEqual(UnsafeBufferPointer(start: to.elements, count: size))
                if !same { differences.append("\(path): other elements") }
            }
        }
    }

    private func integers(_ table: ctf_table, _ id: Int32) -> [Int] {
        let vector = ctf_elements(table, id)
        return (0..<vector.count).map {
            Int(UnsafeRawPointer(vector.elements!).loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self))
        }
    }

    private func field(_ table: ctf_table, _ name: String) -> Int32 { ctf_field_id(table.type, name) }

    private func code(_ table: ctf_table, _ id: Int32, _ file: MappedFile) -> ctf_table {
        let root = root(file)
        return ctf_child_in(root, field(root, "operator_codes"), Int(ctf_integer(table, id)))
    }

    private func buffer(_ index: Int, _ file: MappedFile) -> [UInt8] {
        let root = root(file)
        let table = ctf_child_in(root, field(root, "buffers"), index)
        let data = ctf_elements(table, field(table, "data"))
        if data.count > 0 { return Array(UnsafeBufferPointer(start: data.elements, count: data.count)) }
        let offset = Int(ctf_integer(table, field(table, "offset")))
        return offset > 1 ? Array(file.bytes[offset..<offset + Int(ctf_integer(table, field(table, "size")))]) : []
    }

    private func options(_ table: ctf_table, _ id: Int32, _ file: MappedFile) -> [UInt8] {
        let offset = Int(ctf_integer(table, id))
        return offset > 1 ? Array(file.bytes[offset..<offset + Int(ctf_integer(table, id + 1))]) : []
    }
}
