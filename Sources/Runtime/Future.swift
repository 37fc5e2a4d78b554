import CKernels
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Work that a thread of a pool does beside what the caller goes on with.
package final class Future<Result: Sendable>: SubmittedWork {
    private enum State {
        case waiting(@Sendable () -> Result)
        case running
        case done(Result)
    }

    private let state: Mutex<State>

    init(_ body: @escaping @Sendable () -> Result) { state = Mutex(.waiting(body)) }

    /// Does the work, unless somebody has begun with it.
    func run() {
        guard let result = take()?() else { return }
        state.withLock { $0 = .done(result) }
    }

    /// The work, unless somebody has begun with it. What it holds is let go with it, before its result can be had.
    private func take() -> (@Sendable () -> Result)? {
        state.withLock { state in
            guard case .waiting(let body) = state else { return nil }
            state = .running
            return body
        }
    }

    /// The result; if no thread has come to it yet, the calling one does the work.
    package func wait() -> Result {
        run()
        var spins = 0
        while true {
            if case .done(let result) = state.withLock({ $0 }) { return result }
            spins += 1
            ck_spin_wait()
            // On a machine with fewer cores than threads, the other needs this one.
            if spins % 64 == 0 { sched_yield() }
        }
    }
}

/// What a pool knows of work beside.
protocol SubmittedWork: AnyObject, Sendable {
    func run()
}
