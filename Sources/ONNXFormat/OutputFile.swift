import COnnx
import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that appears under its name only when it is complete; until then it is a temporary file beside it.
final class OutputFile {
    private let path: String
    private let temporaryPath: String
    private let replacing: Bool
    private var descriptor: Int32
    private var failure: ONNXError?

    /// - Throws: `ONNXError` if the folder cannot be written to, or something is there and may not be replaced.
    init(_ path: String, replacing: Bool) throws(ONNXError) {
        self.path = path
        self.replacing = replacing
        var status = stat()
        if lstat(path, &status) == 0 {
            guard replacing else { throw OutputFile.exists(path) }
            guard status.st_mode & S_IFMT != S_IFDIR else {
                throw ONNXError(.cannotWrite, "a folder is in the place of the file to write", at: path)
            }
        }
        var suffix = 0
        repeat {
            suffix += 1
            let candidate = "\(path).\(getpid())-\(suffix).partial"
            let opened = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if opened >= 0 || errno != EEXIST || suffix > 100 {
                temporaryPath = candidate
                descriptor = opened
                break
            }
        } while true
        guard descriptor >= 0 else { throw OutputFile.failure("create", path) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(temporaryPath)
    }

    private static func exists(_ path: String) -> ONNXError {
        ONNXError(
            .cannotWrite, "the file is already there", at: path,
            remedy: "allow it to be replaced, or choose another name")
    }

    private static func failure(_ operation: String, _ path: String) -> ONNXError {
        let cause = FileError(path: path, operation: operation, errorNumber: errno, kind: .output)
        return ONNXError(.cannotWrite, "the model cannot be written", at: path, cause: cause)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ONNXError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // Some systems take no more than 2 GB at once.
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 26))
            #if canImport(Darwin)
            let count = Darwin.write(descriptor, piece.baseAddress, piece.count)
            #elseif canImport(Musl)
            let count = Musl.write(descriptor, piece.baseAddress, piece.count)
            #else
            let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            #endif
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw OutputFile.failure("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    func write(_ message: Message) throws(ONNXError) {
        let isWritten = onnx_write(
            message.pointer,
            { context, data, count in
                guard let context else { return false }
                let file = Unmanaged<OutputFile>.fromOpaque(context).takeUnretainedValue()
                do throws(ONNXError) {
                    try file.write(UnsafeRawBufferPointer(start: data, count: count))
                    return true
                } catch {
                    file.failure = error
                    return false
                }
            }, Unmanaged.passUnretained(self).toOpaque())
        guard isWritten else { throw failure ?? OutputFile.failure("write", path) }
    }

    /// Flushes the file and gives it its name.
    func commit() throws(ONNXError) {
        guard fsync(descriptor) == 0 else { throw OutputFile.failure("flush", path) }
        close(descriptor)
        descriptor = -1
        defer { unlink(temporaryPath) }
        if !replacing {
            // A link fails where a file has appeared since; a rename would replace it.
            if link(temporaryPath, path) == 0 { return }
            if errno == EEXIST { throw OutputFile.exists(path) }
        }
        guard rename(temporaryPath, path) == 0 else { throw OutputFile.failure("rename", path) }
    }
}
