import CTFLite
import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How much may be read out of one file.
///
/// Tables and vectors of a file can be shared by any number of others, so a small file could ask for more memory than
/// there is. What real files share stays far below this.
final class ReadingBudget {
    private var remaining: Int
    private(set) var isExhausted = false

    /// The file, which must live as long as its tables.
    private let file: MappedFile?

    init(for file: MappedFile) {
        remaining = min(file.bytes.count, 1 << 24) * 16 + (1 << 20)
        self.file = file
    }

    /// No limit, for a file that was read within one before.
    init(unlimitedFor file: MappedFile?) {
        remaining = .max
        self.file = file
    }

    /// Whether so many more elements may be read.
    func allows(_ count: Int) -> Bool {
        guard !isExhausted, count <= remaining else {
            isExhausted = true
            return false
        }
        remaining -= count
        return true
    }
}

/// A table of a verified file, read in place. Fields are named as in the schema.
///
/// A table that is not there reads as if no field were given.
struct FlatTable {
    let raw: ctf_table
    let budget: ReadingBudget

    init(_ raw: ctf_table, budget: ReadingBudget) {
        self.raw = raw
        self.budget = budget
    }

    /// An absent table of a type, which gives every field's default.
    init(absent type: String, budget: ReadingBudget) {
        self.init(ctf_table(position: nil, type: ctf_type(type)), budget: budget)
    }

    var typeName: String { ctf_type_name(raw.type).map { String(cString: $0) } ?? "" }

    /// The number of a field.
    /// - Precondition: the schema has it: names are ours, not the file's.
    private func id(_ name: String) -> Int32 {
        let id = ctf_field_id(raw.type, name)
        precondition(id >= 0, "\(typeName) has no field \(name)")
        return id
    }

    func has(_ name: String) -> Bool { ctf_has(raw, id(name)) }

    func integer(_ name: String) -> Int { Int(ctf_integer(raw, id(name))) }

    /// A 64-bit field without a sign.
    func unsigned(_ name: String) -> UInt64 { UInt64(bitPattern: ctf_integer(raw, id(name))) }

    func flag(_ name: String) -> Bool { ctf_integer(raw, id(name)) != 0 }

    func real(_ name: String) -> Float { Float(ctf_real(raw, id(name))) }

    /// The text of a string, with what is not UTF-8 replaced; nil if it is not given.
    func text(_ name: String) -> String? {
        let elements = ctf_elements(raw, id(name))
        guard let start = elements.elements, budget.allows(elements.count) else { return nil }
        return String(decoding: UnsafeBufferPointer(start: start, count: elements.count), as: UTF8.self)
    }

    /// The bytes of a vector of bytes; nil if it is not given.
    func bytes(_ name: String) -> UnsafeRawBufferPointer? {
        let elements = ctf_elements(raw, id(name))
        return elements.elements.map { UnsafeRawBufferPointer(start: $0, count: elements.count) }
    }

    /// The elements of a vector of integers; nil if it is not given.
    func integers(_ name: String) -> [Int]? {
        let id = id(name)
        let elements = ctf_elements(raw, id)
        guard let start = elements.elements, let field = ctf_field_at(raw.type, id)?.pointee,
            budget.allows(elements.count)
        else { return nil }
        let bytes = UnsafeRawPointer(start)
        func load<Element: FixedWidthInteger & BitwiseCopyable>(_ type: Element.Type) -> [Int] {
            (0..<elements.count).map {
                Int(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: $0 * Int(field.width), as: type))
            }
        }
        return switch (field.width, field.is_signed) {
        case (1, true): load(Int8.self)
        case (1, false): load(UInt8.self)
        case (2, true): load(Int16.self)
        case (2, false): load(UInt16.self)
        case (4, true): load(Int32.self)
        case (4, false): load(UInt32.self)
        default: load(Int64.self)
        }
    }

    /// The elements of a vector of 32-bit reals; nil if it is not given.
    func reals(_ name: String) -> [Float]? {
        let elements = ctf_elements(raw, id(name))
        guard let start = elements.elements, budget.allows(elements.count) else { return nil }
        let bytes = UnsafeRawPointer(start)
        return (0..<elements.count).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }

    /// A table, or the member of a union; nil if it is not given.
    func child(_ name: String) -> FlatTable? {
        let child = ctf_child(raw, id(name))
        guard child.position != nil, budget.allows(1) else { return nil }
        return FlatTable(child, budget: budget)
    }

    /// The number of elements of a vector; 0 if it is not given.
    func count(_ name: String) -> Int { ctf_elements(raw, id(name)).count }

    /// The tables of a vector of tables; none if it is not given.
    func children(_ name: String) -> [FlatTable] {
        let id = id(name)
        let count = ctf_elements(raw, id).count
        guard budget.allows(count) else { return [] }
        return (0..<count).map { FlatTable(ctf_child_in(raw, id, $0), budget: budget) }
    }

    /// The values of all given fields whose name has `part` in it: for options that name graphs.
    func integers(ofFieldsNamed part: String) -> [(name: String, value: Int)] {
        (0..<ctf_field_count(raw.type)).compactMap { id in
            guard let field = ctf_field_at(raw.type, id)?.pointee, field.kind == CTF_INTEGER else { return nil }
            guard strstr(field.name, part) != nil else { return nil }
            return (String(cString: field.name), Int(ctf_integer(raw, id)))
        }
    }
}
