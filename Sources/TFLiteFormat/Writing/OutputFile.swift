import ModelGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes a file so that it is whole or not there at all.
enum OutputFile {
    /// Writes to a temporary file beside the target, flushes it to the disk and renames it.
    ///
    /// - Throws: `cannotWrite` with the system's reason; then nothing of it is left.
    static func write(_ pieces: [OutputPiece], to path: String, replacing: Bool) throws(TFLiteError) {
        if !replacing, access(path, F_OK) == 0 {
            throw TFLiteError(
                .cannotWrite, "the file exists already", at: path, remedy: "name another output or allow replacing it")
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { throw failure("write", path, EISDIR) }
        let (descriptor, temporary) = try open(beside: path)
        var isDone = false
        defer {
            if !isDone { unlink(temporary) }
        }
        do throws(TFLiteError) {
            for piece in pieces { try write(piece, descriptor, path) }
            guard fsync(descriptor) == 0 else { throw failure("flush", path, errno) }
        } catch {
            close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw failure("close", path, errno) }
        if replacing {
            guard rename(temporary, path) == 0 else { throw failure("rename to", path, errno) }
            isDone = true
        } else {
            // A link, unlike a rename, fails if another process made the file in the meantime.
            if link(temporary, path) != 0 {
                let number = errno
                // Not every file system has links.
                guard number != EEXIST, rename(temporary, path) == 0 else { throw failure("create", path, number) }
                isDone = true
            }
        }
        flushFolder(of: path)
    }

    private static func open(beside path: String) throws(TFLiteError) -> (descriptor: Int32, path: String) {
        var number: Int32 = EEXIST
        for attempt in 0..<100 where number == EEXIST {
            let temporary = "\(path).\(getpid()).\(attempt).partial"
            let descriptor = Self.create(temporary)
            if descriptor >= 0 { return (descriptor, temporary) }
            number = errno
        }
        throw failure("create", path, number)
    }

    private static func create(_ path: String) -> Int32 {
        #if canImport(Glibc)
            Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        #elseif canImport(Musl)
            Musl.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        #else
            Darwin.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        #endif
    }

    private static func write(_ piece: OutputPiece, _ descriptor: Int32, _ path: String) throws(TFLiteError) {
        try piece.withUnsafeBytes { bytes throws(TFLiteError) in
            var rest = bytes[...]
            while !rest.isEmpty {
                let slice = UnsafeRawBufferPointer(rebasing: rest)
                #if canImport(Glibc)
                    let count = Glibc.write(descriptor, slice.baseAddress, min(slice.count, 1 << 30))
                #elseif canImport(Musl)
                    let count = Musl.write(descriptor, slice.baseAddress, min(slice.count, 1 << 30))
                #else
                    let count = Darwin.write(descriptor, slice.baseAddress, min(slice.count, 1 << 30))
                #endif
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure("write", path, count < 0 ? errno : ENOSPC) }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Makes the new name itself survive a crash; not every file system can.
    private static func flushFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = Self.openFolder(folder)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }

    private static func openFolder(_ path: String) -> Int32 {
        #if canImport(Glibc)
            Glibc.open(path, O_RDONLY | O_CLOEXEC)
        #elseif canImport(Musl)
            Musl.open(path, O_RDONLY | O_CLOEXEC)
        #else
            Darwin.open(path, O_RDONLY | O_CLOEXEC)
        #endif
    }

    private static func failure(_ operation: String, _ path: String, _ number: Int32) -> TFLiteError {
        TFLiteError(.cannotWrite, "cannot \(operation) the file: \(String(cString: strerror(number)))", at: path)
    }
}
