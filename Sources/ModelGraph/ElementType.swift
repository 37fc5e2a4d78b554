/// The type of one element of a tensor: the union of what TFLite and ONNX can store.
package enum ElementType: String, Hashable, Sendable, CaseIterable {
    case float64, float32, float16, bfloat16
    case float8E4M3FN, float8E4M3FNUZ, float8E5M2, float8E5M2FNUZ, float8E8M0, float4E2M1
    case int64, int32, int16, int8, int4, int2
    case uint64, uint32, uint16, uint8, uint4, uint2
    case bool, string, complex64, complex128, resource, variant

    /// Bits of one stored element; nil where elements have no fixed width (string, resource, variant).
    package var bitWidth: Int? {
        switch self {
        case .complex128: 128
        case .float64, .int64, .uint64, .complex64: 64
        case .float32, .int32, .uint32: 32
        case .float16, .bfloat16, .int16, .uint16: 16
        case .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0: 8
        case .int8, .uint8, .bool: 8
        case .float4E2M1, .int4, .uint4: 4
        case .int2, .uint2: 2
        case .string, .resource, .variant: nil
        }
    }

    package var isFloatingPoint: Bool {
        switch self {
        case .float64, .float32, .float16, .bfloat16, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ,
            .float8E8M0, .float4E2M1:
            true
        default: false
        }
    }

    package var isInteger: Bool {
        switch self {
        case .int64, .int32, .int16, .int8, .int4, .int2, .uint64, .uint32, .uint16, .uint8, .uint4, .uint2: true
        default: false
        }
    }

    /// Bytes of `count` densely packed elements, the last byte padded; nil for types without a fixed width, or where
    /// the size does not fit an `Int`.
    package func byteCount(of count: Int) -> Int? {
        guard let bitWidth, count >= 0 else { return nil }
        let (bits, overflow) = count.multipliedReportingOverflow(by: bitWidth)
        guard !overflow, bits <= Int.max - 7 else { return nil }
        return (bits + 7) / 8
    }
}
