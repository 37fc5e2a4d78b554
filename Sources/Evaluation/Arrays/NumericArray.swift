import ModelGraph

/// An array read from a `.npy` file or a member of a `.npz` file: its header and its bytes.
package struct NumericArray: Sendable {
    package var name: String
    package var header: NPYHeader
    /// The elements as the file stores them; possibly only the first ones of the outermost axis.
    private let storage: Storage

    private enum Storage: Sendable {
        case mapped(MappedFile)
        case unpacked(ArrayUnpacking)
    }

    package var shape: [Int] { header.shape }
    package var element: ArrayElement { header.element }

    /// Maps a `.npy` file.
    package init(npy path: String, name: String = "x") throws(DatasetError) {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path: path) } catch {
            throw DatasetError(.unreadable, "the array cannot be read", at: path, cause: error)
        }
        header = try NPYHeader(file.bytes, name: path)
        guard file.bytes.count - header.dataOffset >= header.dataByteCount else {
            throw DatasetError(
                .unreadable,
                "the array of shape \(header.shape) takes \(header.dataByteCount) bytes, and the file holds "
                    + "\(file.bytes.count - header.dataOffset)",
                at: path)
        }
        self.name = name
        storage = .mapped(file)
    }

    /// - Precondition: `unpacking` is of `header.dataByteCount` bytes.
    init(name: String, header: NPYHeader, unpacking: ArrayUnpacking) {
        self.name = name
        self.header = header
        storage = .unpacked(unpacking)
    }

    /// Unpacks the array as far as a sample takes it, or all of it.
    ///
    /// - Parameter sample: lies within the outermost axis.
    /// - Throws: `DatasetError` if the array is damaged.
    func require(sample: Int? = nil) throws(DatasetError) {
        guard case .unpacked(let unpacking) = storage else { return }
        guard let sample, !header.isFortranOrder else { return try unpacking.require(header.dataByteCount) }
        try unpacking.require((sample + 1) * (shape.dropFirst().reduce(1, *) * element.byteCount))
    }

    /// The elements' bytes in the file's own byte and axis order.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        switch storage {
        case .mapped(let file):
            let range = header.dataOffset..<(header.dataOffset + header.dataByteCount)
            return try withExtendedLifetime(file) { try body(UnsafeRawBufferPointer(rebasing: file.bytes[range])) }
        case .unpacked(let unpacking):
            return try withExtendedLifetime(unpacking) { try body(unpacking.bytes) }
        }
    }

    /// The elements of index `sample` along the outermost axis, in row-major order, in native byte order.
    ///
    /// - Precondition: `sample` lies within the outermost axis.
    package func sampleBytes(_ sample: Int) -> [UInt8] {
        let width = element.byteCount
        let count = shape.dropFirst().reduce(1, *)
        var result = [UInt8](repeating: 0, count: count * width)
        withUnsafeBytes { bytes in
            result.withUnsafeMutableBytes { target in
                if !header.isFortranOrder {
                    target.copyMemory(
                        from: UnsafeRawBufferPointer(
                            rebasing: bytes[(sample * count * width)..<((sample + 1) * count * width)]))
                } else {
                    gatherFortran(sample, from: bytes, into: target, width: width)
                }
                if header.isBigEndian, element.wordByteCount > 1 { swapBytes(in: target, width: element.wordByteCount) }
            }
        }
        return result
    }

    /// The same in place; nil where elements have to be moved or swapped first.
    ///
    /// - Precondition: `sample` lies within the outermost axis.
    func withSample<R>(_ sample: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
        let byteCount = shape.dropFirst().reduce(1, *) * element.byteCount
        guard !header.isFortranOrder, !header.isBigEndian || element.wordByteCount == 1 else { return nil }
        return try withUnsafeBytes { bytes in
            let part = UnsafeRawBufferPointer(rebasing: bytes[(sample * byteCount)..<((sample + 1) * byteCount)])
            defer { release(part) }
            return try body(part)
        }
    }

    /// Lets go the memory of what has been read, so that a large data set never stands in it as a whole.
    private func release(_ part: UnsafeRawBufferPointer) {
        switch storage {
        case .mapped(let file): file.release(part)
        case .unpacked(let unpacking): unpacking.release(part)
        }
    }

    /// All elements in row-major order and native byte order.
    package func rowMajorBytes() -> [UInt8] {
        guard let extent = shape.first else {
            // A scalar: one element without an axis.
            var scalar = self
            scalar.header.shape = [1]
            return scalar.sampleBytes(0)
        }
        guard header.isFortranOrder || header.isBigEndian else { return withUnsafeBytes { Array($0) } }
        var result: [UInt8] = []
        result.reserveCapacity(header.dataByteCount)
        for index in 0..<extent { result += sampleBytes(index) }
        return result
    }

    /// In Fortran order the outermost axis changes fastest: element (i, j, k) stands at i + n·(j + m·k).
    private func gatherFortran(
        _ sample: Int, from bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, width: Int
    ) {
        var strides: [Int] = []
        var stride = 1
        for extent in shape {
            strides.append(stride)
            stride *= extent
        }
        var index = [Int](repeating: 0, count: shape.count)
        index[0] = sample
        var source = sample
        for position in 0..<(target.count / width) {
            for byte in 0..<width { target[position * width + byte] = bytes[source * width + byte] }
            var axis = shape.count - 1
            while axis > 0 {
                index[axis] += 1
                source += strides[axis]
                if index[axis] < shape[axis] { break }
                source -= strides[axis] * shape[axis]
                index[axis] = 0
                axis -= 1
            }
        }
    }

    private func swapBytes(in target: UnsafeMutableRawBufferPointer, width: Int) {
        for start in stride(from: 0, to: target.count, by: width) {
            for offset in 0..<(width / 2) { target.swapAt(start + offset, start + width - 1 - offset) }
        }
    }
}

extension ArrayElement {
    /// The elements as float32, rounded to nearest as NumPy's `astype` does; real and imaginary parts of complex
    /// elements follow each other.
    package func floats(_ bytes: UnsafeRawBufferPointer) -> [Float] {
        switch self {
        case .float16: bytes.convert(UInt16.self) { Float(halfBits: $0) }
        case .float32: bytes.convert(Float.self) { $0 }
        case .float64: bytes.convert(Double.self) { Float($0) }
        case .int8: bytes.convert(Int8.self) { Float($0) }
        case .int16: bytes.convert(Int16.self) { Float($0) }
        case .int32: bytes.convert(Int32.self) { Float($0) }
        case .int64: bytes.convert(Int64.self) { Float($0) }
        case .uint8: bytes.convert(UInt8.self) { Float($0) }
        case .uint16: bytes.convert(UInt16.self) { Float($0) }
        case .uint32: bytes.convert(UInt32.self) { Float($0) }
        case .uint64: bytes.convert(UInt64.self) { Float($0) }
        case .bool: bytes.convert(UInt8.self) { $0 == 0 ? 0 : 1 }
        case .complex64: bytes.convert(Float.self) { $0 }
        case .complex128: bytes.convert(Double.self) { Float($0) }
        }
    }

    /// The elements as integers; nil for floating-point elements and integers beyond Int64.
    package func integers(_ bytes: UnsafeRawBufferPointer) -> [Int64]? {
        switch self {
        case .float16, .float32, .float64, .complex64, .complex128: return nil
        case .int8: return bytes.convert(Int8.self) { Int64($0) }
        case .int16: return bytes.convert(Int16.self) { Int64($0) }
        case .int32: return bytes.convert(Int32.self) { Int64($0) }
        case .int64: return bytes.convert(Int64.self) { $0 }
        case .uint8: return bytes.convert(UInt8.self) { Int64($0) }
        case .uint16: return bytes.convert(UInt16.self) { Int64($0) }
        case .uint32: return bytes.convert(UInt32.self) { Int64($0) }
        case .uint64:
            let values = bytes.convert(UInt64.self) { Int64(exactly: $0) }
            return values.contains(nil) ? nil : values.compactMap { $0 }
        case .bool: return bytes.convert(UInt8.self) { $0 == 0 ? 0 : 1 }
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func convert<Element: BitwiseCopyable, Result>(
        _ type: Element.Type, _ body: (Element) -> Result
    ) -> [Result] {
        let stride = MemoryLayout<Element>.size
        let count = self.count / stride
        return [Result](unsafeUninitializedCapacity: count) { target, filled in
            for index in 0..<count {
                (target.baseAddress! + index).initialize(
                    to: body(loadUnaligned(fromByteOffset: index * stride, as: type)))
            }
            filled = count
        }
    }
}
