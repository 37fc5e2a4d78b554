#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// An error of the file system.
package struct FileError: ModelError {
    package var path: String
    package var operation: String
    package var errorNumber: Int32
    package var kind: FailureKind

    package init(path: String, operation: String, errorNumber: Int32, kind: FailureKind) {
        self.path = path
        self.operation = operation
        self.errorNumber = errorNumber
        self.kind = kind
    }

    package var message: String { "cannot \(operation): \(String(cString: strerror(errorNumber)))" }
    package var location: String? { path }
    package var remedy: String? {
        errorNumber == EEXIST ? "name another file, or allow this one to be replaced" : nil
    }
}

/// A regular file mapped read-only into memory for as long as the object lives.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    /// The whole file; empty for an empty file.
    package let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool
    /// Of a file that stays open; negative otherwise.
    private let descriptor: Int32

    /// A copy of bytes that stands for a file, aligned as a mapped one is for every element type.
    package init(copying contents: some Collection<UInt8>, named path: String) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
        copy.copyBytes(from: contents)
        self.path = path
        bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
        descriptor = -1
    }

    /// - Parameter staysOpen: whether parts can be copied. A process may hold only so many files open: not for the many files
    ///   of a data set, or of a model's constants.
    /// - Throws: `FileError` if the file cannot be opened, is not a regular file, or cannot be mapped.
    package init(path: String, staysOpen: Bool = false) throws(FileError) {
        // Without waiting for a writer where it is a pipe, which is refused below.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileError(path: path, operation: "open", errorNumber: errno, kind: .unreadable)
        }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileError(path: path, operation: "read", errorNumber: errno, kind: .unreadable)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let number = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            throw FileError(path: path, operation: "read", errorNumber: number, kind: .unreadable)
        }
        self.path = path
        self.descriptor = staysOpen ? descriptor : -1
        isMapped = true
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            isKept = staysOpen
            return
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw FileError(path: path, operation: "map", errorNumber: errno, kind: .unreadable)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
        isKept = staysOpen
    }

    /// Whether parts of it can be copied.
    package var isOpen: Bool { descriptor >= 0 }

    /// Copies a part of the file to where it is to be read once: that takes half the time of mapping its pages and letting
    /// them go again, and none of them counts as memory of this process.
    ///
    /// - Returns: false if the file does not stay open or the system does not give the part, which can be read in place as ever.
    package func copy(_ range: Range<Int>, to memory: UnsafeMutableRawBufferPointer) -> Bool {
        guard isOpen, range.lowerBound >= 0, range.upperBound <= bytes.count, range.count <= memory.count
        else {
            return false
        }
        var copied = 0
        while copied < range.count {
            let count = pread(
                descriptor, memory.baseAddress.map { $0 + copied }, range.count - copied,
                off_t(range.lowerBound + copied))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            copied += count
        }
        return true
    }

    /// Lets the system take back the memory behind a part of the file that has been read; reading it again loads it again.
    ///
    /// Without this, the pages of a model that is read once from end to end all stay until the file is closed.
    package func release(_ range: Range<Int>) {
        // A few pages are not worth a call.
        guard isMapped, range.count >= 1 << 18, let base = bytes.baseAddress else { return }
        let page = Int(getpagesize())
        let start = range.lowerBound / page * page
        madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, MADV_DONTNEED)
    }

    /// The same for a part that is known by its address; nothing happens if it is not in the file.
    package func release(_ part: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, let start = part.baseAddress, start >= base,
            start + part.count <= base + bytes.count
        else { return }
        release(start - base..<start - base + part.count)
    }

    deinit {
        if isOpen { close(descriptor) }
        if !isMapped {
            bytes.deallocate()
        } else if let address = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
        }
    }
}
