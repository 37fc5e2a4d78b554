import CKernels
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
    private let shared: Shared
    private let handles: Handles

    /// - Parameter threads: at least 1; 1 makes no further threads.
    package init(threads: Int) {
        let wanted = max(1, min(threads, 256))
        let shared = Shared()
        let handles = Handles()
        for worker in 1..<max(wanted, 1) {
            guard handles.start(shared, worker: worker) else { break }
        }
        self.shared = shared
        self.handles = handles
        self.threads = handles.count + 1
    }

    deinit {
        shared.stop()
        handles.join()
    }

    /// Calls `body` for each index below `count`, in no order, from several threads at once, and returns when all
    /// calls have.
    ///
    /// Which thread takes which index is left to chance: what `body` computes may not depend on it. A call from inside
    /// of a loop, or while another thread's loop runs, does all the work on the calling thread.
    /// - Parameter body: gets the index, and the worker in 0..<threads that runs it.
    package func forEach(_ count: Int, _ body: @Sendable (_ index: Int, _ worker: Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { context in
                forEach(count, context) { context, index, worker in
                    context.load(as: (@Sendable (Int, Int) -> Void).self)(index, worker)
                }
            }
        }
    }

    /// What a loop calls for each index, with the worker that runs it: a function that captures nothing.
    typealias Body = @Sendable @convention(c) (_ context: UnsafeRawPointer, _ index: Int, _ worker: Int) -> Void

    /// The same without a closure, so that nothing is allocated.
    /// - Parameter context: what `body` gets to see; several threads read it at once.
    func forEach(_ count: Int, _ context: UnsafeRawPointer, _ body: Body) {
        guard count > 0 else { return }
        guard threads > 1, count > 1, shared.claim() else {
            var index = 0
            while index < count {
                body(context, index, 0)
                index += 1
            }
            return
        }
        shared.run(count: count, context, body)
        shared.release()
    }

    /// The started threads.
    private final class Handles: @unchecked Sendable {
        private var threads: [pthread_t] = []
        var count: Int { threads.count }

        private final class Start {
            let shared: Shared
            let worker: Int
            init(shared: Shared, worker: Int) {
                self.shared = shared
                self.worker = worker
            }
        }

        func start(_ shared: Shared, worker: Int) -> Bool {
            let argument = Unmanaged.passRetained(Start(shared: shared, worker: worker))
            #if canImport(Darwin)
            var thread: pthread_t?
            let result = pthread_create(&thread, nil, { Handles.main($0) }, argument.toOpaque())
            #else
            var thread = pthread_t()
            let result = pthread_create(&thread, nil, { $0.flatMap { Handles.main($0) } }, argument.toOpaque())
            #endif
            guard result == 0 else {
                argument.release()
                return false
            }
            #if canImport(Darwin)
            if let thread { threads.append(thread) }
            #else
            threads.append(thread)
            #endif
            return true
        }

        private static func main(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
            let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
            start.shared.serve(worker: start.worker)
            return nil
        }

        func join() {
            for thread in threads { pthread_join(thread, nil) }
        }
    }

    /// What the threads have in common: one loop at a time.
    private final class Shared: @unchecked Sendable {
        private let isClaimed = Atomic<Bool>(false)
        /// Counts loops; a worker that sees a new number joins in.
        private let generation = Atomic<Int>(0)
        private let nextIndex = Atomic<Int>(0)
        /// Whether the loop can be joined, and how many workers have: `open` + workers.
        private let gate = Atomic<Int>(0)
        private let isStopped = Atomic<Bool>(false)
        private let sleepers = Atomic<Int>(0)
        private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
        private let condition: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
        // Written while the gate is shut and nobody is inside; read by those who came through it.
        private var count = 0
        private var body: Body?
        private var context: UnsafeRawPointer?

        private static let open = 1 << 32
        /// Looks at the generation before going to sleep: about 100 µs, longer than the steps between two loops take.
        private static let spins = 5000

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func claim() -> Bool {
            isClaimed.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        }

        func release() { isClaimed.store(false, ordering: .releasing) }

        func run(count: Int, _ context: UnsafeRawPointer, _ body: Body) {
            self.count = count
            self.body = body
            self.context = context
            nextIndex.store(0, ordering: .relaxed)
            gate.store(Shared.open, ordering: .releasing)
            generation.add(1, ordering: .sequentiallyConsistent)
            wakeSleepers()
            work(worker: 0)
            // Whoever has not come in by now has nothing left to do.
            gate.bitwiseAnd(~Shared.open, ordering: .acquiringAndReleasing)
            var spins = 0
            while gate.load(ordering: .acquiring) > 0 {
                spins += 1
                ck_spin_wait()
                // On a machine with fewer cores than threads, the others need this one.
                if spins % 64 == 0 { sched_yield() }
            }
            self.body = nil
            self.context = nil
        }

        func stop() {
            isStopped.store(true, ordering: .sequentiallyConsistent)
            generation.add(1, ordering: .sequentiallyConsistent)
            wakeSleepers()
        }

        private func wakeSleepers() {
            guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }

        private func work(worker: Int) {
            guard let body, let context else { return }
            while true {
                let index = nextIndex.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                body(context, index, worker)
            }
        }

        func serve(worker: Int) {
            var seen = 0
            while true {
                seen = waitForLoop(after: seen)
                guard !isStopped.load(ordering: .sequentiallyConsistent) else { return }
                guard enter() else { continue }
                work(worker: worker)
                gate.subtract(1, ordering: .releasing)
            }
        }

        /// Joins the loop that runs, if there is one.
        private func enter() -> Bool {
            var state = gate.load(ordering: .relaxed)
            while state & Shared.open != 0 {
                let (exchanged, original) = gate.weakCompareExchange(
                    expected: state, desired: state + 1, ordering: .acquiring)
                if exchanged { return true }
                state = original
            }
            return false
        }

        private func waitForLoop(after seen: Int) -> Int {
            for spin in 0..<Shared.spins {
                let current = generation.load(ordering: .acquiring)
                if current != seen { return current }
                ck_spin_wait()
                if spin % 256 == 255 { sched_yield() }
            }
            // A loop that starts now either sees this sleeper, or is seen by it below.
            sleepers.add(1, ordering: .sequentiallyConsistent)
            pthread_mutex_lock(mutex)
            while generation.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(condition, mutex) }
            pthread_mutex_unlock(mutex)
            sleepers.subtract(1, ordering: .sequentiallyConsistent)
            return generation.load(ordering: .acquiring)
        }
    }
}
