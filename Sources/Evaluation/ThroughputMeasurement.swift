import ModelGraph
import Runtime
import Synchronization

/// Measures how many samples a plan does in a second when every thread has samples of its own.
package struct ThroughputMeasurement {
    private let duration: Duration
    private let pool: ThreadPool
    private let plan: Plan

    package init(_ plan: Plan, pool: ThreadPool, for duration: Duration) {
        self.plan = plan
        self.pool = pool
        self.duration = duration
    }

    /// Runs of the plan per second, over all threads. Filling the inputs is part of it.
    ///
    /// - Throws: `RuntimeError`.
    package func runsPerSecond() throws -> Double {
        let inputs = PreparedInputs(of: plan)
        let outcome = Mutex<Result<Double, any Error>>(.success(0))
        let arrived = Atomic(0)
        let threads = pool.threads
        pool.forEach(threads) { _, _ in
            do {
                let execution = try Execution(plan)
                inputs.fill(execution)
                try execution.run()
                // All of them at the same time, or one thread had the memory to itself.
                arrived.add(1, ordering: .relaxed)
                let start = ContinuousClock.now
                while arrived.load(ordering: .relaxed) < threads, start.duration(to: .now) < .seconds(1) {}
                let rate = try self.rate(of: execution, inputs)
                outcome.withLock { outcome in outcome = outcome.map { $0 + rate } }
            } catch {
                arrived.add(1, ordering: .relaxed)
                outcome.withLock { $0 = .failure(error) }
            }
        }
        return try outcome.withLock { try $0.get() }
    }

    private func rate(of execution: Execution, _ inputs: PreparedInputs) throws -> Double {
        let start = ContinuousClock.now
        var runs = 0
        var time = Duration.zero
        while runs < 1 || time < duration {
            inputs.fill(execution)
            try execution.run()
            runs += 1
            time = start.duration(to: .now)
        }
        return Double(runs) / max(time.microseconds, 1e-3) * 1e6
    }
}
