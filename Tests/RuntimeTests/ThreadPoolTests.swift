import Foundation
import Runtime
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
    @Test(arguments: [1, 2, 4, 9])
    func runsEachIndexOnce(_ threads: Int) {
        let pool = ThreadPool(threads: threads)
        for count in [0, 1, 2, 7, 1000] {
            let sum = Atomic<Int>(0)
            let calls = Atomic<Int>(0)
            pool.forEach(count) { index, worker in
                sum.add(index, ordering: .relaxed)
                if (0..<threads).contains(worker) { calls.add(1, ordering: .relaxed) }
            }
            #expect(sum.load(ordering: .relaxed) == count * (count - 1) / 2)
            #expect(calls.load(ordering: .relaxed) == count)
        }
    }

    @Test func nestedLoopsRun() {
        let pool = ThreadPool(threads: 3)
        let calls = Atomic<Int>(0)
        pool.forEach(8) { _, _ in pool.forEach(5) { _, _ in calls.add(1, ordering: .relaxed) } }
        #expect(calls.load(ordering: .relaxed) == 40)
    }

    @Test(arguments: [1, 2, 4]) func workBesideLoopsIsDoneOnce(_ threads: Int) {
        let pool = ThreadPool(threads: threads)
        let calls = Atomic<Int>(0)
        for round in 0..<50 {
            let futures = (0..<3).map { index in
                pool.submit {
                    // A loop of its own, which may run beside the caller's.
                    pool.forEach(4) { _, _ in calls.add(1, ordering: .relaxed) }
                    return round + index
                }
            }
            pool.forEach(10) { _, _ in calls.add(1, ordering: .relaxed) }
            // The last first: it may not have been begun.
            #expect(futures.reversed().map { $0.wait() } == [round + 2, round + 1, round])
            #expect(futures[0].wait() == round)
        }
        #expect(calls.load(ordering: .relaxed) == 50 * (3 * 4 + 10))
    }

    /// With a loop, without one, and whether or not the threads are told to begin.
    @Test(arguments: [1, 2, 4]) func workBehindALoopIsDoneOnce(_ threads: Int) {
        let pool = ThreadPool(threads: threads)
        let calls = Atomic<Int>(0)
        for round in 0..<20 {
            let futures = (0..<2).map { index in
                pool.submitBehindLoop {
                    calls.add(1, ordering: .relaxed)
                    return round + index
                }
            }
            if round % 2 == 0 { pool.forEach(3) { _, _ in calls.add(1, ordering: .relaxed) } }
            if round % 3 == 0 { pool.startPostponed() }
            #expect(futures.map { $0.wait() } == [round, round + 1])
        }
        #expect(calls.load(ordering: .relaxed) == 20 * 2 + 10 * 3)
    }

    @Test(arguments: [1, 3]) func bothAreDone(_ threads: Int) {
        let pool = ThreadPool(threads: threads)
        let results = pool.both {
            pool.both({ 1 }, { "two" })
        } _: {
            [3.0]
        }
        #expect(results.0 == (1, "two") && results.1 == [3.0])
    }

    @Test func anyNumberOfThreadsIsPossible() {
        #expect(ThreadPool(threads: 0).threads == 1)
        #expect(ThreadPool(threads: -3).threads == 1)
        #expect((1...4).contains(ThreadPool.defaultThreadCount))
    }

    /// A thread takes over what another one has not come to.
    @Test func workIsTakenOver() {
        let pool = ThreadPool(threads: 2)
        guard pool.threads == 2 else { return }
        let others = Atomic<Int>(0)
        pool.forEach(8) { index, _ in
            guard index == 0 else {
                others.add(1, ordering: .relaxed)
                return
            }
            // The second of the halves is not all that the other thread gets to do.
            while others.load(ordering: .relaxed) < 7 { sched_yield() }
        }
        #expect(others.load(ordering: .relaxed) == 7)
    }

    @Test func manyShortLoopsAndIdleTimes() async throws {
        let pool = ThreadPool(threads: 2)
        let calls = Atomic<Int>(0)
        for round in 0..<300 {
            pool.forEach(4) { _, _ in calls.add(1, ordering: .relaxed) }
            if round % 100 == 0 { try await Task.sleep(for: .milliseconds(3)) }
        }
        #expect(calls.load(ordering: .relaxed) == 1200)
    }
}
