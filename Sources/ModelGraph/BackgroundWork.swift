/// One piece of work on a thread of its own, for what waits for a disk.
package final class BackgroundWork<Result: Sendable>: @unchecked Sendable {
    /// Written by the thread, and read once it has ended.
    private var result: Result?
    private var thread: SystemThread?

    /// - Parameter body: runs at once, and before this returns if there can be no more threads.
    package init(_ body: @escaping @Sendable () -> Result) {
        thread = SystemThread { [self] in result = body() }
        if thread == nil { result = body() }
    }

    deinit {
        thread?.detach()
    }

    /// The result, once the work is done. One thread may ask for it.
    package func wait() -> Result {
        thread?.join()
        thread = nil
        guard let result else { preconditionFailure("the work has ended without a result") }
        return result
    }
}
