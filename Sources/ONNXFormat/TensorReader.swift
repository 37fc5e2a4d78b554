import COnnx
import ModelGraph

/// Turns TensorProto messages into shapes and dense bytes.
struct TensorReader {
    let file: MappedFile
    var externalFiles: ExternalFiles

    init(file: MappedFile, externalFiles: [String: MappedFile] = [:]) {
        self.file = file
        self.externalFiles = ExternalFiles(modelPath: file.path, files: externalFiles)
    }

    struct Tensor {
        var type: ElementType
        var shape: Shape
        var data: TensorData
        /// Whether `data` is not one element after the other.
        var isEncoded = false
    }

    /// - Throws: `ONNXError` if type, extents and data do not fit one another.
    mutating func read(_ message: Message) throws(ONNXError) -> Tensor {
        let number = message.integer(ONNX_TENSOR_DATA_TYPE)
        guard number > 0 else { throw ONNXError(.malformed, "the tensor has no data type") }
        let sizes = try TensorReader.extents(message.integers(ONNX_TENSOR_DIMS))
        guard let count = Shape.elementCount(sizes) else {
            throw ONNXError(.malformed, "the shape \(Shape(sizes)) has more elements than can be counted")
        }
        guard let type = ElementType(dataType: number), !message.has(ONNX_TENSOR_SEGMENT) else {
            // A type that came later, or a part of a tensor: kept, but not looked into.
            let data =
                message.has(ONNX_TENSOR_RAW_DATA) ? mapped(message.bytes(ONNX_TENSOR_RAW_DATA)) : TensorData(bytes: [])
            let known = ElementType(dataType: number) ?? .variant
            return Tensor(type: known, shape: Shape(sizes), data: data, isEncoded: true)
        }
        let data = try data(of: message, type: type, count: count)
        if let expected = type.byteCount(of: count), data.byteCount != expected {
            throw ONNXError(
                .malformed,
                "\(data.byteCount) bytes of data for shape \(Shape(sizes)) of \(type), which takes \(expected)")
        }
        return Tensor(type: type, shape: Shape(sizes), data: data)
    }

    static func extents(_ dimensions: [Int64]) throws(ONNXError) -> [Int] {
        guard dimensions.count <= 1024, dimensions.allSatisfy({ $0 >= 0 }) else {
            throw ONNXError(.malformed, "the shape \(dimensions.prefix(8)) is impossible")
        }
        return dimensions.map(Int.init)
    }

    private mutating func data(of message: Message, type: ElementType, count: Int) throws(ONNXError) -> TensorData {
        if message.integer(ONNX_TENSOR_DATA_LOCATION) == 1 {
            return try externalFiles.data(for: ExternalReference(message))
        }
        if type == .string { return try TensorReader.strings(message, count: count) }
        if message.has(ONNX_TENSOR_RAW_DATA) { return mapped(message.bytes(ONNX_TENSOR_RAW_DATA)) }
        switch type {
        case .float32, .complex64: return mapped(message.elements(ONNX_TENSOR_FLOAT_DATA))
        case .float64, .complex128: return mapped(message.elements(ONNX_TENSOR_DOUBLE_DATA))
        case .int64: return TensorReader.narrowed(message.elements(ONNX_TENSOR_INT64_DATA), of: Int64.self, to: 8)
        case .uint64: return TensorReader.narrowed(message.elements(ONNX_TENSOR_UINT64_DATA), of: UInt64.self, to: 8)
        case .uint32: return TensorReader.narrowed(message.elements(ONNX_TENSOR_UINT64_DATA), of: UInt64.self, to: 4)
        default:
            let width = max((type.bitWidth ?? 8) / 8, 1)
            return TensorReader.narrowed(message.elements(ONNX_TENSOR_INT32_DATA), of: Int32.self, to: width)
        }
    }

    /// A slice of the file where the bytes are in it, a copy of them otherwise.
    private func mapped(_ bytes: UnsafeRawBufferPointer) -> TensorData {
        guard let start = file.bytes.baseAddress, let address = bytes.baseAddress, address >= start,
            address <= start + file.bytes.count
        else { return TensorData(bytes: Array(bytes)) }
        let offset = address - start
        return TensorData(mapped: file, range: offset..<(offset + bytes.count))
    }

    /// The low `width` bytes of each element: int32_data and uint64_data hold narrower types one per element, or, below
    /// eight bits, one byte of them.
    private static func narrowed<Element: FixedWidthInteger>(
        _ elements: UnsafeRawBufferPointer, of type: Element.Type, to width: Int
    ) -> TensorData {
        let stride = MemoryLayout<Element>.stride
        if width == stride { return TensorData(bytes: Array(elements)) }
        let count = elements.count / stride
        let bytes = [UInt8](unsafeUninitializedCapacity: count * width) { buffer, initialized in
            for index in 0..<count {
                for byte in 0..<width { buffer[index * width + byte] = elements[index * stride + byte] }
            }
            initialized = count * width
        }
        return TensorData(bytes: bytes)
    }

    /// Strings as TFLite stores them: their number, where each begins and where the last ends, then their bytes.
    private static func strings(_ message: Message, count: Int) throws(ONNXError) -> TensorData {
        guard message.count(ONNX_TENSOR_STRING_DATA) == count else {
            throw ONNXError(
                .malformed, "\(message.count(ONNX_TENSOR_STRING_DATA)) strings for a tensor of \(count) elements")
        }
        var lengths = 0
        for index in 0..<count { lengths += message.bytes(ONNX_TENSOR_STRING_DATA, index).count }
        let header = 4 * (count + 2)
        guard header + lengths <= Int(Int32.max) else {
            throw ONNXError(.unsupported, "a tensor of strings is larger than 2 GB")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header + lengths)
        func append(_ number: Int) { withUnsafeBytes(of: Int32(number).littleEndian) { bytes.append(contentsOf: $0) } }
        append(count)
        var offset = header
        append(offset)
        for index in 0..<count {
            offset += message.bytes(ONNX_TENSOR_STRING_DATA, index).count
            append(offset)
        }
        for index in 0..<count { bytes.append(contentsOf: message.bytes(ONNX_TENSOR_STRING_DATA, index)) }
        return TensorData(bytes: bytes)
    }
}
