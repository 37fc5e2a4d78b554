#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that appears under its name only when it is complete; until then it is a temporary file beside its target.
///
/// What is not committed is removed with the object. Errors name the target and never the temporary file, which is gone
/// by the time that anyone could look for it.
package final class AtomicFile {
    /// Where the file goes.
    package let path: String
    /// Where it is until then.
    package let temporaryPath: String
    /// As errors name the target.
    private let name: String
    private let replaces: Bool
    /// Negative once the file is closed.
    private var descriptor: Int32
    /// Whether there is a temporary file to remove.
    private var isTemporary: Bool
    /// Mapped files that what is written may come from; their pages are let go once they are written.
    package var sources: [MappedFile] = []
    /// Under way once all is written.
    private var flush: BackgroundWork<Int32>?
    /// Small parts that are written together.
    private var gathered: [UInt8] = []
    private static let gatheredByteCount = 1 << 16
    /// The most bytes for one call: some systems take no more than 2 GB, and what is written need not stay in memory.
    private static let pieceByteCount = 1 << 24
    /// As many parts as every system takes with one call.
    private static let mostParts = 512

    /// - Parameters:
    ///   - replaces: whether a file that is there already may be replaced.
    ///   - name: the target as errors name it; nil for its path.
    /// - Throws: `FileError` if the folder cannot be written to, or something is there that may not be replaced.
    package init(_ path: String, replaces: Bool, name: String? = nil) throws(FileError) {
        self.path = path
        self.replaces = replaces
        self.name = name ?? path
        var status = stat()
        if !replaces, lstat(path, &status) == 0 {
            throw FileError(path: self.name, operation: "create", errorNumber: EEXIST, kind: .output)
        }
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw FileError(path: self.name, operation: "write", errorNumber: EISDIR, kind: .output)
        }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
        let start = slash ?? path.startIndex
        var candidate = path
        var opened: Int32 = -1
        var number: Int32 = EEXIST
        var attempt = 0
        while opened < 0, number == EEXIST, attempt < 100 {
            // Names have a limit of 255 bytes; a character has at most 4 in most scripts.
            candidate = "\(path[..<start]).\(path[start...].prefix(40)).\(getpid()).\(attempt).partial"
            opened = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            number = errno
            attempt += 1
        }
        temporaryPath = candidate
        descriptor = opened
        isTemporary = opened >= 0
        guard opened >= 0 else {
            throw FileError(path: self.name, operation: "create", errorNumber: number, kind: .output)
        }
    }

    deinit {
        _ = flush?.wait()
        if descriptor >= 0 { close(descriptor) }
        if isTemporary { unlink(temporaryPath) }
    }

    private func failure(_ operation: String, _ number: Int32) -> FileError {
        FileError(path: name, operation: operation, errorNumber: number, kind: .output)
    }

    /// - Throws: `FileError` with the system's reason.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        if gathered.count + bytes.count > Self.gatheredByteCount { try writeGathered() }
        guard bytes.count > Self.gatheredByteCount / 4 else { return gathered.append(contentsOf: bytes) }
        try writeGathered()
        try writeAtOnce([bytes])
    }

    private func writeGathered() throws(FileError) {
        guard !gathered.isEmpty else { return }
        let bytes = TensorData(bytes: gathered)
        gathered = []
        gathered.reserveCapacity(Self.gatheredByteCount)
        try bytes.withUnsafeBytes { bytes throws(FileError) in try writeAtOnce([bytes]) }
    }

    /// Writes many parts, one behind the other, with few calls: systems that copy what is written page by page take larger
    /// pages for more at once.
    ///
    /// - Throws: `FileError` with the system's reason.
    package func write(_ parts: [UnsafeRawBufferPointer]) throws(FileError) {
        try writeGathered()
        try writeAtOnce(parts)
    }

    private func writeAtOnce(_ parts: [UnsafeRawBufferPointer]) throws(FileError) {
        var rest = parts[...]
        while true {
            var vector: [iovec] = []
            var count = 0
            for part in rest where !part.isEmpty {
                guard count < Self.pieceByteCount, vector.count < Self.mostParts else { break }
                let length = min(part.count, Self.pieceByteCount - count)
                vector.append(iovec(iov_base: UnsafeMutableRawPointer(mutating: part.baseAddress), iov_len: length))
                count += length
            }
            guard count > 0 else { return }
            let written = writev(descriptor, vector, Int32(vector.count))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure("write", written < 0 ? errno : ENOSPC) }
            rest = release(written, of: rest)
        }
    }

    /// Lets go what has been written, which need not stay in memory.
    ///
    /// - Returns: what is left.
    private func release(
        _ count: Int, of parts: ArraySlice<UnsafeRawBufferPointer>
    ) -> ArraySlice<UnsafeRawBufferPointer> {
        var (rest, count) = (parts, count)
        while let part = rest.first, count > 0 || part.isEmpty {
            let written = UnsafeRawBufferPointer(rebasing: part.prefix(count))
            for source in sources { source.release(written) }
            count -= written.count
            guard written.count < part.count else {
                rest.removeFirst()
                continue
            }
            rest[rest.startIndex] = UnsafeRawBufferPointer(rebasing: part.dropFirst(written.count))
        }
        return rest
    }

    /// Ends writing. The file can be read under its temporary name from then on, while it is being flushed to the disk.
    package func complete() throws(FileError) {
        guard descriptor >= 0, flush == nil else { return }
        try writeGathered()
        let descriptor = descriptor
        // The disk takes as long as there is other work to do. Devices and some file systems cannot flush, which loses nothing.
        flush = BackgroundWork { fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno }
    }

    /// Waits until what was written is on the disk. Nothing can be written any more.
    package func finish() throws(FileError) {
        guard descriptor >= 0 else { return }
        try complete()
        let flushed = flush?.wait() ?? 0
        flush = nil
        let closed = close(descriptor) == 0 ? 0 : errno
        descriptor = -1
        guard flushed == 0 else { throw failure("flush", flushed) }
        guard closed == 0 else { throw failure("close", closed) }
    }

    /// Gives the file its name.
    ///
    /// - Throws: `FileError` if it cannot be flushed or renamed, or another file has appeared there meanwhile and may not be
    ///   replaced.
    package func commit() throws(FileError) {
        try finish()
        if !replaces {
            // A link, unlike a rename, fails if the name is taken; not every file system has links.
            if link(temporaryPath, path) == 0 {
                unlink(temporaryPath)
                isTemporary = false
                return flushFolder()
            }
            var status = stat()
            if errno == EEXIST || lstat(path, &status) == 0 { throw failure("create", EEXIST) }
        }
        // Held until the new file is in its place, so that the other's blocks are freed beside what else is to do.
        let replaced = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        defer { if replaced >= 0 { _ = BackgroundWork { close(replaced) } } }
        guard rename(temporaryPath, path) == 0 else { throw failure("rename to", errno) }
        isTemporary = false
        flushFolder()
    }

    /// Gives two files that belong together their names: both, or none.
    ///
    /// - Parameters:
    ///   - first: the file that the other refers to. One that stands in its place is set aside until both are there, and
    ///     comes back if the second cannot be put in place.
    /// - Throws: `FileError`; then both targets are as they were.
    package static func commit(_ first: AtomicFile, _ second: AtomicFile) throws(FileError) {
        try first.finish()
        try second.finish()
        let former = first.replaces ? try first.setAside() : nil
        do throws(FileError) {
            try first.commit()
        } catch {
            if let former { putBack(former, at: first.path) }
            throw error
        }
        do throws(FileError) {
            try second.commit()
        } catch {
            if let former { putBack(former, at: first.path) } else { unlink(first.path) }
            throw error
        }
        if let former { unlink(former) }
    }

    private static func putBack(_ former: String, at path: String) {
        rename(former, path)
        // Two names of one file are both left by a rename.
        unlink(former)
    }

    /// Gives what stands in the target's place a second name.
    ///
    /// - Returns: that name; nil if nothing is there.
    private func setAside() throws(FileError) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        let former = temporaryPath + ".former"
        // The file stays under its own name, too, so that at no moment it has none.
        if link(path, former) == 0 { return former }
        guard errno != EEXIST, rename(path, former) == 0 else { throw failure("set aside", errno) }
        return former
    }

    /// Makes the new name itself survive a crash; not every file system can.
    private func flushFolder() {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }
}
