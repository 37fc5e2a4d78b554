import ModelGraph

/// How a tensor's elements stand in a NumPy array.
///
/// NumPy has no bfloat16, no 8-bit floats and nothing below a byte: the codes of the former stand in unsigned integers of
/// the same width, integers of 4 and 2 bits in one byte each, and codes of 4-bit floats in the low half of a byte.
package struct NumPyForm: Sendable, Equatable {
    /// The array's elements.
    package var element: ArrayElement
    private var type: ElementType

    /// nil for elements without a fixed width.
    package init?(_ type: ElementType) {
        self.type = type
        if let element = ArrayElement(type) {
            self.element = element
            return
        }
        switch type {
        case .bfloat16: element = .uint16
        case .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0: element = .uint8
        case .float4E2M1, .uint4, .uint2: element = .uint8
        case .int4, .int2: element = .int8
        default: return nil
        }
    }

    /// Elements that share a byte in the tensor.
    private var elementsPerByte: Int { 8 / min(8, type.bitWidth ?? 8) }

    /// The array's bytes.
    ///
    /// - Parameter bytes: the tensor's `count` elements, those below a byte packed from the low bits up.
    package func arrayBytes(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8] {
        let parts = elementsPerByte
        guard parts > 1 else { return Array(bytes) }
        let bits = 8 / parts
        let isSigned = element == .int8
        return (0..<min(count, bytes.count * parts)).map { index in
            let code = (bytes[index / parts] >> (index % parts * bits)) << (8 - bits)
            return isSigned ? UInt8(bitPattern: Int8(bitPattern: code) >> (8 - bits)) : code >> (8 - bits)
        }
    }

    /// Stores an array's elements as a tensor does.
    ///
    /// - Returns: false if the counts do not fit.
    package func store(_ bytes: [UInt8], into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let parts = elementsPerByte
        guard parts > 1 else {
            guard bytes.count == buffer.count else { return false }
            buffer.copyBytes(from: bytes)
            return true
        }
        guard (bytes.count + parts - 1) / parts == buffer.count else { return false }
        let bits = 8 / parts
        for byte in buffer.indices { buffer[byte] = 0 }
        for (index, code) in bytes.enumerated() {
            buffer[index / parts] |= (code & UInt8((1 << bits) - 1)) << (index % parts * bits)
        }
        return true
    }
}
