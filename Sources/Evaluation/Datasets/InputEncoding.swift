import ModelGraph
import Runtime

/// Writes real numbers into a model's input in the type that the input has.
package enum InputEncoding {
    /// Quantized inputs take clip(roundHalfEven(x / scale) + zeroPoint), in float32, as users of LiteRT write it in NumPy.
    ///
    /// - Throws: `DatasetError` if the counts differ or the type takes no numbers.
    package static func store(
        _ values: [Float], into buffer: UnsafeMutableRawBufferPointer, as tensor: TensorInfo
    ) throws(DatasetError) {
        guard Shape.elementCount(tensor.shape) == values.count, tensor.type.byteCount(of: values.count) == buffer.count
        else {
            throw DatasetError(
                .mismatch, "\(values.count) values for the input '\(tensor.name)' of shape \(tensor.shape)")
        }
        switch tensor.type {
        case .float32: values.withUnsafeBytes { buffer.copyMemory(from: $0) }
        case .float64: fill(buffer, values) { Double($0) }
        case .float16: fill(buffer, values) { $0.halfBits }
        case .int8: integers(Int8.self)
        case .uint8: integers(UInt8.self)
        case .int16: integers(Int16.self)
        case .uint16: integers(UInt16.self)
        case .int32: integers(Int32.self)
        case .uint32: integers(UInt32.self)
        case .int64: integers(Int64.self)
        case .uint64: integers(UInt64.self)
        case .bool: fill(buffer, values) { UInt8($0 != 0 ? 1 : 0) }
        default:
            throw DatasetError(
                .unsupportedFormat, "the input '\(tensor.name)' has elements of type \(tensor.type.rawValue)",
                remedy: "numbers are written as floats, integers or bools only")
        }

        func integers<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type) {
            guard let quantization = tensor.quantization, quantization.isPerTensor, quantization.scale > 0 else {
                return fill(buffer, values) { Integer(truncating: $0) }
            }
            let scale = quantization.scale
            let zeroPoint = Float(quantization.zeroPoint)
            fill(buffer, values) { value in
                // A value that is no number becomes real zero.
                let quantized = (value / scale).rounded(.toNearestOrEven) + zeroPoint
                return Integer(truncating: quantized.isNaN ? zeroPoint : quantized)
            }
        }
    }

    /// Writes whole numbers into an input of an integer type, unchanged.
    ///
    /// - Throws: `DatasetError` if the counts differ or a number does not fit the type.
    package static func store(
        integers values: [Int64], into buffer: UnsafeMutableRawBufferPointer, as tensor: TensorInfo
    ) throws(DatasetError) {
        guard Shape.elementCount(tensor.shape) == values.count, tensor.type.byteCount(of: values.count) == buffer.count
        else {
            throw DatasetError(
                .mismatch, "\(values.count) values for the input '\(tensor.name)' of shape \(tensor.shape)")
        }
        switch tensor.type {
        case .int8: try exactly(Int8.self)
        case .uint8: try exactly(UInt8.self)
        case .int16: try exactly(Int16.self)
        case .uint16: try exactly(UInt16.self)
        case .int32: try exactly(Int32.self)
        case .uint32: try exactly(UInt32.self)
        case .int64: try exactly(Int64.self)
        case .uint64: try exactly(UInt64.self)
        default: try store(values.map { Float($0) }, into: buffer, as: tensor)
        }

        func exactly<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type) throws(DatasetError) {
            for (index, value) in values.enumerated() {
                guard let exact = Integer(exactly: value) else {
                    throw DatasetError(
                        .mismatch, "the value \(value) does not fit the input '\(tensor.name)' of type \(tensor.type)")
                }
                buffer.storeBytes(of: exact, toByteOffset: index * MemoryLayout<Integer>.size, as: Integer.self)
            }
        }
    }

    private static func fill<Element: BitwiseCopyable>(
        _ buffer: UnsafeMutableRawBufferPointer, _ values: [Float], _ body: (Float) -> Element
    ) {
        for (index, value) in values.enumerated() {
            buffer.storeBytes(of: body(value), toByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
        }
    }
}

extension FixedWidthInteger {
    /// The number without its fraction, moved into range; zero for what is no number.
    fileprivate init(truncating value: Float) {
        if value.isNaN {
            self = 0
        } else if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value < 0 ? .min : .max
        }
    }
}

extension Float {
    /// The nearest half-precision number, ties to even.
    package var halfBits: UInt16 {
        let bits = bitPattern
        let sign = UInt16(bits >> 16 & 0x8000)
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
        // 65520 is the least number that rounds to infinity.
        if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Half precision counts its subnormal numbers in units of 2⁻²⁴.
            return sign | UInt16((Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven))
        }
        let rounded = magnitude + 0xFFF + (magnitude >> 13 & 1)
        return sign | UInt16((rounded - 0x3800_0000) >> 13)
    }
}
