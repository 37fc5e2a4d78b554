import ModelGraph
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Threads that share loops. The calling thread takes part; the others wait, spinning for a moment before they sleep.
package final class ThreadPool: Sendable {
    /// The processor's cores, at most four.
    package static var defaultThreadCount: Int { min(4, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// The threads that take part in a loop, the calling one included.
    package let threads: Int
    private let shared: SharedLoop
    /// Whether a loop runs.
    private let isBusy = Atomic<Bool>(false)
    /// Work that waits for a loop to be over.
    private let postponed = Mutex<[any SubmittedWork]>([])

    /// - Parameter threads: at least 1; 1 makes no further threads.
    package init(threads: Int) {
        let wanted = max(1, min(threads, 256))
        let shared = SharedLoop(threads: wanted)
        var started = 1
        while started < wanted, let thread = SystemThread({ [started] in shared.serve(started) }) {
            // They hold all that they need, and nobody waits for their end.
            thread.detach()
            started += 1
        }
        self.shared = shared
        self.threads = started
    }

    deinit { shared.stop() }

    /// Calls `body` for each index below `count`, in no order, from several threads at once, and returns when all
    /// calls have.
    ///
    /// Each thread begins with a run of indices of its own, and then takes what the others have not come to: what `body`
    /// computes may not depend on it. A call from inside of a loop, or while another thread's loop runs, does all the
    /// work on the calling thread.
    /// - Parameter body: gets the index, and the worker in 0..<threads that runs it.
    package func forEach(_ count: Int, _ body: @Sendable (_ index: Int, _ worker: Int) -> Void) {
        let isShared = withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { context in
                forEach(count, context) { context, index, worker in
                    context.load(as: (@Sendable (Int, Int) -> Void).self)(index, worker)
                }
            }
        }
        // A loop inside of another is not the one that is waited for.
        if isShared { startPostponed() }
    }

    /// The same, beginning with the indices of the largest costs: one that comes last would be waited for.
    ///
    /// - Parameter costs: about how long each index takes, in any unit.
    package func forEach(costs: [Int], _ body: @Sendable (_ index: Int, _ worker: Int) -> Void) {
        let order = costs.indices.sorted { (costs[$1], $0) < (costs[$0], $1) }
        forEach(order.count) { turn, worker in body(order[turn], worker) }
    }

    /// Does two things at once, the first one on the calling thread, and returns when both are done; one after the other if
    /// there is no other thread for it.
    package func both<First, Second: Sendable>(
        _ first: () -> First, _ second: @escaping @Sendable () -> Second
    ) -> (First, Second) {
        let other = submit(second)
        return (first(), other.wait())
    }

    /// Has a thread do some work beside what the caller goes on with, loops of this pool included; without other threads it
    /// is done at once.
    package func submit<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Future<Result> {
        let future = Future(body)
        if threads > 1 { shared.add(future) } else { future.run() }
        return future
    }

    /// The same for work that would keep a thread from the loop that is to come: it begins when that is over, at the latest
    /// with `startPostponed`, or when its result is asked for; without other threads then only.
    package func submitBehindLoop<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Future<Result> {
        let future = Future(body)
        if threads > 1 { postponed.withLock { $0.append(future) } }
        return future
    }

    /// Has the threads begin with what was to wait for a loop.
    package func startPostponed() {
        for work in postponed.withLock({ exchange(&$0, with: []) }) { shared.add(work) }
    }

    /// What a loop calls for each index, with the worker that runs it: a function that captures nothing.
    typealias Body = @Sendable @convention(c) (_ context: UnsafeRawPointer, _ index: Int, _ worker: Int) -> Void

    /// The same without a closure, so that nothing is allocated.
    /// - Parameter context: what `body` gets to see; several threads read it at once.
    /// - Returns: whether other threads took part.
    @discardableResult
    func forEach(_ count: Int, _ context: UnsafeRawPointer, _ body: Body) -> Bool {
        guard count > 0 else { return false }
        guard threads > 1, count > 1, count <= SharedLoop.mostIndices,
            isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        else {
            var index = 0
            while index < count {
                body(context, index, 0)
                index += 1
            }
            return false
        }
        shared.run(count, on: threads, context, body)
        isBusy.store(false, ordering: .releasing)
        return true
    }
}
