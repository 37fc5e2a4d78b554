#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Flushes a file to its disk on a thread of its own: the disk takes as long as there is other work to do.
final class FileFlush: @unchecked Sendable {
    private let descriptor: Int32
    /// Written by the thread, and read once it has ended.
    private var errorNumber: Int32 = 0
    private var thread: pthread_t?

    /// - Parameter descriptor: stays open until `wait` has returned.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        let argument = Unmanaged.passRetained(self)
        #if canImport(Darwin)
        var created: pthread_t?
        let result = pthread_create(&created, nil, { FileFlush.main($0) }, argument.toOpaque())
        #else
        var created = pthread_t()
        let result = pthread_create(&created, nil, { $0.flatMap { FileFlush.main($0) } }, argument.toOpaque())
        #endif
        if result == 0 {
            thread = created
        } else {
            argument.release()
            run()
        }
    }

    /// - Returns: 0, or the number of the error; 0 also for devices and file systems that cannot flush, which loses nothing.
    func wait() -> Int32 {
        if let thread { pthread_join(thread, nil) }
        thread = nil
        return errorNumber
    }

    private func run() { errorNumber = fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno }

    private static func main(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<FileFlush>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }
}
