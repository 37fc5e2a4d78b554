import CKernels
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the threads of a pool have in common: one loop at a time.
///
/// Each thread has a slot with a run of indices, from which it takes one after the other; a thread whose slot is empty
/// goes on with the others'. So a thread computes the same part of every loop of the same size, whose data its cache
/// holds, without waiting for one that the system runs late. Nothing is shared while a thread has work of its own: a loop
/// costs the time in which one cache line goes there and another one back.
final class SharedLoop: @unchecked Sendable {
    /// Indices of one loop, so that two of them fit one word.
    static let mostIndices = Int(UInt32.max)
    /// Looks at the slot before going to sleep: a few hundred microseconds, longer than most steps between two loops
    /// take.
    private static let spins = 20_000

    /// What one thread is to do, in cache lines of its own.
    private struct Slot: ~Copyable {
        /// The next index in the low half, the end in the high half.
        let indices = Atomic<UInt64>(0)
        // Written while no index of any slot is left and nobody runs one; read by those who have taken one.
        var body: ThreadPool.Body?
        var context: UnsafeRawPointer?
        /// How many indices of the loop the thread has done, once it finds no more.
        let finished = Atomic<Int>(0)
        let isAsleep = Atomic<Bool>(false)
        // Lines are fetched in pairs.
        private let padding: Padding = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

        private typealias Padding = (
            UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
        )

        var hasWork: Bool {
            let state = indices.load(ordering: .relaxed)
            return state & 0xFFFF_FFFF < state >> 32
        }

        /// An index that nobody else gets; nil if none is left.
        func take() -> Int? {
            var state = indices.load(ordering: .relaxed)
            while state & 0xFFFF_FFFF < state >> 32 {
                let (exchanged, original) = indices.weakCompareExchange(
                    expected: state, desired: state + 1, successOrdering: .acquiring, failureOrdering: .relaxed)
                if exchanged { return Int(state & 0xFFFF_FFFF) }
                state = original
            }
            return nil
        }
    }

    private let isStopped = Atomic<Bool>(false)
    private let slots: UnsafeMutablePointer<Slot>
    private let slotCount: Int
    /// For those that sleep; nothing else is guarded by it.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
    private let condition: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)

    init(threads: Int) {
        slotCount = threads
        slots = UnsafeMutableRawPointer.allocate(byteCount: threads * MemoryLayout<Slot>.stride, alignment: 128)
            .bindMemory(to: Slot.self, capacity: threads)
        for index in 0..<threads { (slots + index).initialize(to: Slot()) }
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
        slots.deinitialize(count: slotCount)
        slots.deallocate()
    }

    /// - Parameters:
    ///   - count: at most `mostIndices`.
    ///   - threads: those that have been started, the calling one included; at most as many as there are slots.
    func run(_ count: Int, on threads: Int, _ context: UnsafeRawPointer, _ body: ThreadPool.Body) {
        let (share, remainder) = count.quotientAndRemainder(dividingBy: threads)
        var worker = 0
        while worker < threads {
            slots[worker].body = body
            slots[worker].context = context
            slots[worker].finished.store(0, ordering: .relaxed)
            worker += 1
        }
        // The others begin first.
        while worker > 0 {
            worker -= 1
            let begin = worker * share + min(worker, remainder)
            let end = begin + share + (worker < remainder ? 1 : 0)
            slots[worker].indices.store(UInt64(begin) | UInt64(end) << 32, ordering: .releasing)
        }
        // Who goes to sleep now either sees its work, or is seen.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        wake(min(threads, count))
        let own = work(0, of: threads)
        var spins = 0
        while finishedByOthers(threads) < count - own {
            spins += 1
            ck_spin_wait()
            // On a machine with fewer cores than threads, the others need this one.
            if spins % 64 == 0 { sched_yield() }
        }
    }

    private func finishedByOthers(_ threads: Int) -> Int {
        var sum = 0
        var worker = 1
        while worker < threads {
            sum += slots[worker].finished.load(ordering: .acquiring)
            worker += 1
        }
        return sum
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wake(slotCount)
    }

    /// Wakes those of the first threads that sleep.
    private func wake(_ threads: Int) {
        var anySleeps = false
        var worker = 1
        while worker < threads {
            anySleeps = slots[worker].isAsleep.load(ordering: .sequentiallyConsistent) || anySleeps
            worker += 1
        }
        guard anySleeps else { return }
        pthread_mutex_lock(mutex)
        while worker > 1 {
            worker -= 1
            slots[worker].isAsleep.store(false, ordering: .relaxed)
        }
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Works off the thread's own slot, and then what is left in the others.
    /// - Returns: how many indices it did.
    private func work(_ worker: Int, of threads: Int) -> Int {
        var done = 0
        var victim = worker
        repeat {
            while let index = slots[victim].take() {
                // Every slot of a loop holds the same; an index of it keeps the next loop away.
                if let body = slots[worker].body, let context = slots[worker].context { body(context, index, worker) }
                done += 1
            }
            victim = victim + 1 == threads ? 0 : victim + 1
        } while victim != worker
        return done
    }

    /// What a started thread does until the pool goes away.
    func serve(_ worker: Int) {
        while waitForWork(worker) {
            let done = work(worker, of: slotCount)
            if done > 0 { slots[worker].finished.add(done, ordering: .releasing) }
        }
    }

    /// - Returns: whether there may be work; false if there will never be any again.
    private func waitForWork(_ worker: Int) -> Bool {
        var spin = 0
        while spin < Self.spins {
            if slots[worker].hasWork { return true }
            ck_spin_wait()
            spin += 1
            guard spin % 256 == 0 else { continue }
            if isStopped.load(ordering: .relaxed) { return false }
            sched_yield()
        }
        slots[worker].isAsleep.store(true, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard !slots[worker].hasWork else {
            slots[worker].isAsleep.store(false, ordering: .relaxed)
            return true
        }
        pthread_mutex_lock(mutex)
        // Who is woken comes back, even if the work is done by then: where one loop was there will be more.
        while slots[worker].isAsleep.load(ordering: .relaxed), !isStopped.load(ordering: .sequentiallyConsistent) {
            pthread_cond_wait(condition, mutex)
        }
        pthread_mutex_unlock(mutex)
        return !isStopped.load(ordering: .sequentiallyConsistent)
    }
}
