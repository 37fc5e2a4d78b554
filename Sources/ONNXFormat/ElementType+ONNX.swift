import ModelGraph

extension ElementType {
    /// TensorProto.DataType's numbers.
    private static let byDataType: [Int64: ElementType] = [
        1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 8: .string, 9: .bool,
        10: .float16, 11: .float64, 12: .uint32, 13: .uint64, 14: .complex64, 15: .complex128, 16: .bfloat16,
        17: .float8E4M3FN, 18: .float8E4M3FNUZ, 19: .float8E5M2, 20: .float8E5M2FNUZ, 21: .uint4, 22: .int4,
        23: .float4E2M1, 24: .float8E8M0, 25: .uint2, 26: .int2,
    ]

    private static let dataTypes: [ElementType: Int64] = Dictionary(
        uniqueKeysWithValues: byDataType.map { ($0.value, $0.key) })

    /// The type of ONNX's number; nil for one that is not in the table.
    init?(dataType: Int64) {
        guard let type = ElementType.byDataType[dataType] else { return nil }
        self = type
    }

    /// ONNX's number of the type; nil for types that only TFLite has.
    var dataType: Int64? { ElementType.dataTypes[self] }
}
