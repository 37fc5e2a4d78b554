#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// One piece of work on a thread of its own, for what waits for a disk.
package final class BackgroundWork<Result: Sendable>: @unchecked Sendable {
    /// Written by the thread, and read once it has ended.
    private var result: Result?
    private var thread: pthread_t?

    /// - Parameter body: runs at once, and before this returns if there can be no more threads.
    package init(_ body: @escaping @Sendable () -> Result) {
        thread = startThread { [self] in result = body() }
        if thread == nil { result = body() }
    }

    deinit {
        if let thread { pthread_detach(thread) }
    }

    /// The result, once the work is done. One thread may ask for it.
    package func wait() -> Result {
        if let thread { pthread_join(thread, nil) }
        thread = nil
        guard let result else { preconditionFailure("the work has ended without a result") }
        return result
    }
}

/// What a thread does; its function takes nothing generic.
private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    static func main(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }
}

/// - Returns: nil if there can be no more threads.
private func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    let argument = Unmanaged.passRetained(ThreadBody(body))
    #if canImport(Darwin)
    var thread: pthread_t?
    let result = pthread_create(&thread, nil, { ThreadBody.main($0) }, argument.toOpaque())
    #else
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, { $0.flatMap { ThreadBody.main($0) } }, argument.toOpaque())
    #endif
    guard result == 0 else {
        argument.release()
        return nil
    }
    return thread
}
