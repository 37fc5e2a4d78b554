import COnnx
import ModelGraph

extension AtomicFile {
    /// Writes a message; large payloads go from where they are.
    func write(_ message: Message) throws(FileError) {
        let writing = MessageWriting(self)
        let isWritten = onnx_write(
            message.pointer,
            { context, data, count in
                guard let context else { return false }
                let writing = Unmanaged<MessageWriting>.fromOpaque(context).takeUnretainedValue()
                return writing.write(UnsafeRawBufferPointer(start: data, count: count))
            }, Unmanaged.passUnretained(writing).toOpaque())
        if !isWritten, let failure = writing.failure { throw failure }
    }
}

/// What a C callback sees of a file.
private final class MessageWriting {
    private let file: AtomicFile
    private(set) var failure: FileError?

    init(_ file: AtomicFile) { self.file = file }

    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do throws(FileError) {
            try file.write(bytes)
            return true
        } catch {
            failure = error
            return false
        }
    }
}

extension ONNXError {
    /// The error of a file that cannot be written.
    init(_ error: FileError) { self.init(.cannotWrite, error.message, at: error.path, remedy: error.remedy) }
}
