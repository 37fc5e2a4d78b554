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

    /// A copy of bytes that stands for a file, aligned as a mapped one is for every element type.
    package init(copying contents: some Collection<UInt8>, named path: String) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
        copy.copyBytes(from: contents)
        self.path = path
        bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
    }

    /// - Throws: `FileError` if the file cannot be opened, is not a regular file, or cannot be mapped.
    package init(path: String) throws(FileError) {
        // Without waiting for a writer where it is a pipe, which is refused below.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileError(path: path, operation: "open", errorNumber: errno, kind: .unreadable)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileError(path: path, operation: "read", errorNumber: errno, kind: .unreadable)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let number = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            throw FileError(path: path, operation: "read", errorNumber: number, kind: .unreadable)
        }
        self.path = path
        isMapped = true
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw FileError(path: path, operation: "map", errorNumber: errno, kind: .unreadable)
        }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
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
        if !isMapped {
            bytes.deallocate()
        } else if let address = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
        }
    }
}
