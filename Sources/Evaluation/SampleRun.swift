import Runtime
import Synchronization

/// Feeds samples to one or more models and collects a value for each, in the samples' order.
struct SampleRun {
    private let samples: any SampleSource
    private let plans: [Plan]
    private let threads: ThreadPool
    private let progress: Evaluator.Progress?

    init(_ samples: any SampleSource, _ plans: [Plan], _ threads: ThreadPool, _ progress: Evaluator.Progress?) {
        self.samples = samples
        self.plans = plans
        self.threads = threads
        self.progress = progress
    }

    /// What one thread runs the models with; touched by that thread only.
    private final class Worker: @unchecked Sendable {
        var executions: [Execution]?
    }

    private struct Outcome<Value: Sendable>: Sendable {
        var values: [Value?]
        var done = 0
        /// The failure of the earliest sample, whichever thread came upon it first.
        var failure: (sample: Int, error: any Error)?
    }

    /// - Parameter body: reads the outputs of the models, which have run one sample.
    /// - Throws: the error of the earliest sample that failed.
    func map<Value: Sendable>(_ body: @Sendable ([Execution]) throws -> Value) throws -> [Value] {
        try collect { _, executions in
            for execution in executions { try execution.run() }
            return try body(executions)
        }
    }

    /// - Parameter body: runs the models, whose inputs hold the sample of the given number.
    /// - Throws: the error of the earliest sample that failed.
    func collect<Value: Sendable>(_ body: @Sendable (Int, [Execution]) throws -> Value) throws -> [Value] {
        let count = samples.count
        let workers = (0..<threads.threads).map { _ in Worker() }
        let outcome = Mutex(Outcome<Value>(values: Array(repeating: nil, count: count)))
        threads.forEach(count) { sample, worker in
            // Samples before a failed one still run: the earliest failure is what is reported.
            if outcome.withLock({ $0.failure.map { $0.sample < sample } ?? false }) { return }
            do {
                let value = try run(sample, on: workers[worker], body)
                outcome.withLock { outcome in
                    outcome.values[sample] = value
                    outcome.done += 1
                    progress?(outcome.done, count)
                }
            } catch {
                outcome.withLock { outcome in
                    if outcome.failure.map({ sample < $0.sample }) ?? true { outcome.failure = (sample, error) }
                }
            }
        }
        return try outcome.withLock { outcome in
            if let failure = outcome.failure { throw failure.error }
            return outcome.values.compactMap { $0 }
        }
    }

    private func run<Value>(
        _ sample: Int, on worker: Worker, _ body: (Int, [Execution]) throws -> Value
    ) throws -> Value {
        let executions: [Execution]
        if let made = worker.executions {
            executions = made
        } else {
            executions = try plans.map { try Execution($0) }
            worker.executions = executions
        }
        for (plan, execution) in zip(plans, executions) {
            try execution.withInputs { try samples.load(sample: sample, into: $0, as: plan.inputs) }
        }
        return try body(sample, executions)
    }
}
