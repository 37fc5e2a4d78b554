import ModelGraph

/// The element type of a NumPy array that we read.
package enum ArrayElement: String, Sendable, CaseIterable {
    case float16 = "f2"
    case float32 = "f4"
    case float64 = "f8"
    case int8 = "i1"
    case int16 = "i2"
    case int32 = "i4"
    case int64 = "i8"
    case uint8 = "u1"
    case uint16 = "u2"
    case uint32 = "u4"
    case uint64 = "u8"
    case bool = "b1"
    case complex64 = "c8"
    case complex128 = "c16"

    package var byteCount: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .float16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64, .complex64: 8
        case .complex128: 16
        }
    }

    /// The tensor type with the same bytes.
    package var elementType: ElementType {
        switch self {
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        case .int8: .int8
        case .int16: .int16
        case .int32: .int32
        case .int64: .int64
        case .uint8: .uint8
        case .uint16: .uint16
        case .uint32: .uint32
        case .uint64: .uint64
        case .bool: .bool
        case .complex64: .complex64
        case .complex128: .complex128
        }
    }

    /// nil for tensor types that NumPy has no element for.
    package init?(_ type: ElementType) {
        guard let match = ArrayElement.allCases.first(where: { $0.elementType == type }) else { return nil }
        self = match
    }

    /// Bytes that stand in the order of the machine: half an element of a complex array.
    var wordByteCount: Int {
        switch self {
        case .complex64, .complex128: byteCount / 2
        default: byteCount
        }
    }

    package var isFloatingPoint: Bool {
        switch self {
        case .float16, .float32, .float64: true
        default: false
        }
    }
}
