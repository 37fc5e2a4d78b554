import CTFLite
import ModelGraph

/// The numbers of the format's names.
enum TFLiteNames {
    /// The name of a builtin operator, such as `CONV_2D`; `BUILTIN:n` for one that the schema does not know.
    static func builtin(_ code: Int) -> String {
        ctf_enum_name("BuiltinOperator", Int64(code)).map { String(cString: $0) } ?? "BUILTIN:\(code)"
    }

    /// - Precondition: `name` is one of the schema's.
    static func builtinCode(_ name: String) -> Int {
        let value = ctf_enum_value("BuiltinOperator", name)
        precondition(value >= 0, "the schema has no operator \(name)")
        return Int(value)
    }

    private static let elementTypes: [(name: String, type: ElementType)] = [
        ("FLOAT32", .float32), ("FLOAT16", .float16), ("INT32", .int32), ("UINT8", .uint8), ("INT64", .int64),
        ("STRING", .string), ("BOOL", .bool), ("INT16", .int16), ("COMPLEX64", .complex64), ("INT8", .int8),
        ("FLOAT64", .float64), ("COMPLEX128", .complex128), ("UINT64", .uint64), ("RESOURCE", .resource),
        ("VARIANT", .variant), ("UINT32", .uint32), ("UINT16", .uint16), ("INT4", .int4), ("BFLOAT16", .bfloat16),
        ("INT2", .int2), ("UINT4", .uint4), ("FLOAT8_E4M3FN", .float8E4M3FN), ("FLOAT8_E5M2", .float8E5M2),
    ]

    private static let typeByCode = Dictionary(
        uniqueKeysWithValues: elementTypes.map { (Int(ctf_enum_value("TensorType", $0.name)), $0.type) })
    private static let codeByType = Dictionary(uniqueKeysWithValues: typeByCode.map { ($1, $0) })

    /// nil for a type that the schema does not know.
    static func elementType(_ code: Int) -> ElementType? { typeByCode[code] }

    /// nil for a type that the format cannot store.
    static func code(of type: ElementType) -> Int? { codeByType[type] }
}
