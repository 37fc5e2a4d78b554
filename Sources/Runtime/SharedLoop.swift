import CKernels
import CPlatform
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
/// holds, without waiting for one that the system runs late. A loop costs the time in which one cache line goes to a
/// thread and another one comes back: between cores that share no cache that is half a microsecond, and each further way
/// would cost as much as the work of a small operator.
final class SharedLoop: @unchecked Sendable {
    /// Indices of one loop, so that two of them fit one word.
    static let mostIndices = Int(UInt32.max)
    /// Looks at the slot before going to sleep: a few hundred microseconds, longer than most steps between two loops
    /// take.
    private static let spins = 20_000
    /// Bytes that are fetched together.
    private static let lines = 128
    /// How many times a thread spins before it looks around.
    private static let spinsAtOnce = 256
    /// How many times a thread looks around between two attempts to get away from the caller's core.
    private static let looksBetweenMoves = 64

    private typealias Padding = (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
    )

    /// What one thread is to do: written by the caller, and by who takes an index.
    private struct Slot: ~Copyable {
        /// The next index in the low half, the end in the high half.
        let indices = Atomic<UInt64>(0)
        // Read by those who have taken an index, which keeps the next loop away.
        var body: ThreadPool.Body?
        var context: UnsafeRawPointer?
        /// Where the thread runs that asks for the loop.
        let callersCore = Atomic<Int32>(-1)
        // Lines are fetched in pairs.
        private let padding: Padding = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

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

    /// What one thread tells.
    private struct Progress: ~Copyable {
        /// How many indices of all loops it has done.
        let finished = Atomic<Int>(0)
        let isAsleep = Atomic<Bool>(false)
        private let padding: Padding = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        private let rest: (UInt64, UInt64) = (0, 0)
    }

    private let isStopped = Atomic<Bool>(false)
    /// What is done beside the loops, the first one first, and how many there are.
    private let submitted = Mutex<[any SubmittedWork]>([])
    private let submittedCount = Atomic<Int>(0)
    private let slots: UnsafeMutablePointer<Slot>
    private let progress: UnsafeMutablePointer<Progress>
    private let slotCount: Int
    /// How many indices of all loops so far the other threads have done.
    private var finishedBefore = 0
    /// For those that sleep; nothing else is guarded by it.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
    private let condition: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)

    init(threads: Int) {
        slotCount = threads
        slots = Self.allocate(threads) { Slot() }
        progress = Self.allocate(threads) { Progress() }
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
        progress.deinitialize(count: slotCount)
        progress.deallocate()
    }

    /// - Returns: values that begin where lines do.
    private static func allocate<Value: ~Copyable>(_ count: Int, _ make: () -> Value) -> UnsafeMutablePointer<Value> {
        let values = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Value>.stride, alignment: lines)
            .bindMemory(to: Value.self, capacity: count)
        for index in 0..<count { (values + index).initialize(to: make()) }
        return values
    }

    /// - Parameters:
    ///   - count: 1...mostIndices.
    ///   - threads: those that have been started, the calling one included; at most as many as there are slots.
    func run(_ count: Int, on threads: Int, _ context: UnsafeRawPointer, _ body: ThreadPool.Body) {
        let (share, remainder) = count.quotientAndRemainder(dividingBy: threads)
        let core = cp_current_core()
        var worker = threads
        // The others begin first. The caller does its first index in any case, so that it shares none if it has but one.
        while worker > 0 {
            worker -= 1
            let begin = worker * share + min(worker, remainder) + (worker == 0 ? 1 : 0)
            let end = (worker + 1) * share + min(worker + 1, remainder)
            guard begin < end else { continue }
            slots[worker].body = body
            slots[worker].context = context
            slots[worker].callersCore.store(core, ordering: .relaxed)
            slots[worker].indices.store(UInt64(begin) | UInt64(end) << 32, ordering: .releasing)
        }
        // Who goes to sleep now either sees its work, or is seen.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        wake(min(threads, count))
        body(context, 0, 0)
        let own = work(in: 0, as: 0) + 1
        finishedBefore &+= count - own
        // What is done by now needs no look at what is left.
        guard finishedByOthers(threads) != finishedBefore else { return }
        let taken = workForOthers(0, of: threads)
        finishedBefore &-= taken
        var spins = 0
        while finishedByOthers(threads) != finishedBefore {
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
            sum &+= progress[worker].finished.load(ordering: .acquiring)
            worker += 1
        }
        return sum
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wake(slotCount)
    }

    /// Leaves work to whichever thread has no share of a loop; the others work off its share of the next ones meanwhile.
    func add(_ work: any SubmittedWork) {
        let core = cp_current_core()
        for worker in 1..<slotCount { slots[worker].callersCore.store(core, ordering: .relaxed) }
        submitted.withLock { $0.append(work) }
        submittedCount.add(1, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        wake(slotCount)
    }

    private func takeSubmitted() -> (any SubmittedWork)? {
        guard submittedCount.load(ordering: .relaxed) > 0 else { return nil }
        return submitted.withLock { submitted in
            guard !submitted.isEmpty else { return nil }
            submittedCount.subtract(1, ordering: .relaxed)
            return submitted.removeFirst()
        }
    }

    /// Wakes those of the first threads that sleep.
    private func wake(_ threads: Int) {
        var anySleeps = false
        var worker = 1
        while worker < threads {
            anySleeps = progress[worker].isAsleep.load(ordering: .sequentiallyConsistent) || anySleeps
            worker += 1
        }
        guard anySleeps else { return }
        pthread_mutex_lock(mutex)
        while worker > 1 {
            worker -= 1
            progress[worker].isAsleep.store(false, ordering: .relaxed)
        }
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Works off what is left in a slot.
    /// - Returns: how many indices it did.
    private func work(in slot: Int, as worker: Int) -> Int {
        var done = 0
        while let index = slots[slot].take() {
            if let body = slots[slot].body, let context = slots[slot].context { body(context, index, worker) }
            done += 1
        }
        return done
    }

    /// Works off what is left in the slots of the other threads.
    /// - Returns: how many indices it did.
    private func workForOthers(_ worker: Int, of threads: Int) -> Int {
        var done = 0
        var victim = worker + 1
        while victim < worker + threads {
            done += work(in: victim < threads ? victim : victim - threads, as: worker)
            victim += 1
        }
        return done
    }

    /// What a started thread does until the pool goes away.
    func serve(_ worker: Int) {
        var looks = 0
        var spins = Self.spins
        while waitForWork(worker, spins, &looks) {
            spins = Self.spins
            // The caller may wait for these, and gets to know before the others' slots are looked at.
            let own = work(in: worker, as: worker)
            if own > 0 { progress[worker].finished.add(own, ordering: .releasing) }
            let taken = workForOthers(worker, of: slotCount)
            if taken > 0 { progress[worker].finished.add(taken, ordering: .releasing) }
            if let work = takeSubmitted() {
                work.run()
                // No loop is known to follow soon, and others may need the core.
                spins = 0
            }
        }
    }

    private func hasWork(for worker: Int) -> Bool {
        slots[worker].hasWork || submittedCount.load(ordering: .relaxed) > 0
    }

    private func isOnCallersCore(_ worker: Int) -> Bool {
        let core = cp_current_core()
        return core >= 0 && core == slots[worker].callersCore.load(ordering: .relaxed)
    }

    /// - Parameters:
    ///   - spins: how many times to look before going to sleep.
    ///   - looks: how many times the thread has looked around since it last tried to get to another core.
    /// - Returns: whether there may be work; false if there will never be any again.
    private func waitForWork(_ worker: Int, _ spins: Int, _ looks: inout Int) -> Bool {
        var spin = 0
        while spin < spins {
            // So that the line comes to be written to: an index is about to be taken.
            ck_prefetch_for_writing(slots + worker)
            if slots[worker].hasWork { return true }
            ck_spin_wait()
            spin += 1
            guard spin % Self.spinsAtOnce == 0 else { continue }
            if isStopped.load(ordering: .relaxed) { return false }
            if hasWork(for: worker) { return true }
            looks += 1
            if looks > Self.looksBetweenMoves, isOnCallersCore(worker) {
                // Left alone, the system may let both share it for a tenth of a second.
                looks = 0
                cp_leave_core()
            }
            sched_yield()
        }
        progress[worker].isAsleep.store(true, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard !hasWork(for: worker) else {
            progress[worker].isAsleep.store(false, ordering: .relaxed)
            return true
        }
        pthread_mutex_lock(mutex)
        // Who is woken comes back, even if the work is done by then: where one loop was there will be more.
        while progress[worker].isAsleep.load(ordering: .relaxed), !isStopped.load(ordering: .sequentiallyConsistent) {
            pthread_cond_wait(condition, mutex)
        }
        pthread_mutex_unlock(mutex)
        // The system often wakes a thread where the one that wakes it runs, which has to wait then.
        if isOnCallersCore(worker) { cp_leave_core() }
        return !isStopped.load(ordering: .sequentiallyConsistent)
    }
}
