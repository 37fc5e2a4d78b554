#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The bytes of a constant: a slice of a mapped file, or memory of its own once a pass has changed it.
///
/// Elements are little-endian and densely packed in row-major order; 4-bit and 2-bit elements fill each byte from its
/// low bits up. The bytes of a sparse tensor are in the format's own encoding.
package struct TensorData: Sendable {
    private enum Storage: Sendable {
        case mapped(MappedFile)
        case owned([UInt8])
        case part(MemoryBlock)
    }

    private let storage: Storage
    private let range: Range<Int>

    /// A slice of a mapped file.
    /// - Precondition: `range` lies within the file.
    package init(mapped file: MappedFile, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= file.bytes.count)
        storage = .mapped(file)
        self.range = range
    }

    package init(bytes: [UInt8]) {
        storage = .owned(bytes)
        range = 0..<bytes.count
    }

    /// A part of memory that is not written to any more.
    /// - Precondition: `range` lies within it.
    package init(_ memory: MemoryBlock, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= memory.bytes.count)
        storage = .part(memory)
        self.range = range
    }

    /// The elements' bytes in native order, which is little-endian on every platform that we build for.
    package init<Element: BitwiseCopyable>(_ elements: [Element]) {
        self.init(bytes: elements.withUnsafeBytes(Array.init))
    }

    package var byteCount: Int { range.count }

    /// Tells apart the bytes of two constants that live at the same time: tensors that share them have the same.
    package struct Identity: Hashable, Sendable {
        fileprivate let address: UInt
        fileprivate let count: Int
    }

    package var identity: Identity {
        withUnsafeBytes { Identity(address: UInt(bitPattern: $0.baseAddress), count: $0.count) }
    }

    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch storage {
        case .mapped(let file):
            return try body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
        case .part(let memory):
            defer { withExtendedLifetime(memory) {} }
            return try body(UnsafeRawBufferPointer(rebasing: memory.bytes[range]))
        case .owned(let bytes):
            // `Array.withUnsafeBytes` rethrows untyped errors.
            let result = bytes.withUnsafeBytes { all -> Swift.Result<Result, Failure> in
                do throws(Failure) {
                    return .success(try body(UnsafeRawBufferPointer(rebasing: all[range])))
                } catch {
                    return .failure(error)
                }
            }
            return try result.get()
        }
    }

    /// As `withUnsafeBytes`, for bodies whose errors have no type.
    package func withUntypedBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch storage {
        case .mapped(let file): try body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
        case .part(let memory): try body(UnsafeRawBufferPointer(rebasing: memory.bytes[range]))
        case .owned(let bytes): try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
    }

    /// The bytes of several constants at once; not of many, as each takes a place on the stack.
    package static func withUnsafeBytes<Result, Failure: Error>(
        of parts: ArraySlice<TensorData>, _ body: ([UnsafeRawBufferPointer]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var pointers: [UnsafeRawBufferPointer] = []
        pointers.reserveCapacity(parts.count)
        func add(_ rest: ArraySlice<TensorData>) throws(Failure) -> Result {
            guard let first = rest.first else { return try body(pointers) }
            return try first.withUnsafeBytes { bytes throws(Failure) in
                pointers.append(bytes)
                return try add(rest.dropFirst())
            }
        }
        return try add(parts)
    }

    /// A copy of the elements; trailing bytes that do not fill an element are left out.
    package func elements<Element: BitwiseCopyable>(as type: Element.Type = Element.self) -> [Element] {
        withUnsafeBytes { bytes in
            let count = bytes.count / MemoryLayout<Element>.stride
            return [Element](unsafeUninitializedCapacity: count) { elements, initialized in
                let used = bytes.prefix(count * MemoryLayout<Element>.stride)
                UnsafeMutableRawBufferPointer(elements).copyMemory(from: UnsafeRawBufferPointer(rebasing: used))
                initialized = count
            }
        }
    }

    /// Whether `copyFromFile` takes parts of it, as long as the system gives them.
    package var isInOpenFile: Bool {
        if case .mapped(let file) = storage { return file.isOpen }
        return false
    }

    /// Copies a part of a mapped file without mapping its pages, for what is read once.
    ///
    /// - Parameter part: bytes of the data, of which it has as many.
    /// - Returns: false for other data, or if the system does not give the part: then it can be read in place.
    package func copyFromFile(_ part: Range<Int>, to memory: UnsafeMutableRawBufferPointer) -> Bool {
        guard case .mapped(let file) = storage, part.upperBound <= range.count else { return false }
        return file.copy(part.lowerBound + range.lowerBound..<part.upperBound + range.lowerBound, to: memory)
    }

    /// Lets the system take back the memory of a part of a mapped file once it has been read; other data stays.
    ///
    /// - Parameter part: bytes of the data; nil for all.
    package func release(_ part: Range<Int>? = nil) {
        guard case .mapped(let file) = storage else { return }
        let part = part.map { $0.lowerBound + range.lowerBound..<$0.upperBound + range.lowerBound } ?? range
        file.release(part.clamped(to: range))
    }
}

extension TensorData: Equatable {
    /// - Complexity: O(1) for the same bytes in memory, else O(bytes).
    package static func == (a: TensorData, b: TensorData) -> Bool {
        guard a.byteCount == b.byteCount else { return false }
        return a.withUnsafeBytes { left in
            b.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return left == right || memcmp(left, right, a.byteCount) == 0
            }
        }
    }
}
