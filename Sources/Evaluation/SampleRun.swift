import Runtime
import Synchronization

/// Feeds samples to one or more models and collects a value for each, in the samples' order.
///
/// Each thread runs samples of its own; models of dense layers take several at once.
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

    /// - Parameter body: reads the outputs of the models for one sample.
    /// - Throws: the error of the earliest sample that failed.
    func map<Value: Sendable>(_ body: @Sendable (SampleOutputs) throws -> Value) throws -> [Value] {
        // With fewer samples a batch would not pay for its planning.
        let batched = samples.count >= 2 * Plan.usualBatch ? plans.map { $0.profitablyBatched() } : []
        let batch = batched.contains { $0 != nil } ? Plan.usualBatch : 1
        return try collect(batch: batch) { range, worker in
            let isWhole = range.count == batch && batch > 1
            var executions: [Execution] = []
            for (index, plan) in plans.enumerated() {
                let many = isWhole ? batched[index] : nil
                let execution = try worker.execution(of: many ?? plan, at: index)
                executions.append(execution)
                guard many != nil else { continue }
                for sample in range {
                    worker.sample = sample
                    try execution.withInputs { buffers in
                        let parts = buffers.map { $0.part(sample - range.lowerBound, of: range.count) }
                        try samples.load(sample: sample, into: parts, as: plan.inputs)
                    }
                }
                worker.sample = range.lowerBound
                try execution.run()
            }
            var values: [Value] = []
            for sample in range {
                worker.sample = sample
                var outputs = SampleOutputs(sample: sample, executions: executions)
                for (index, plan) in plans.enumerated() {
                    if executions[index].plan === plan {
                        try load(sample, into: executions[index])
                        try executions[index].run()
                    } else {
                        outputs.part = (sample - range.lowerBound, range.count)
                    }
                }
                values.append(try body(outputs))
            }
            return values
        }
    }

    /// - Parameter body: runs the models, whose inputs hold the sample of the given number.
    /// - Throws: the error of the earliest sample that failed.
    func collect<Value: Sendable>(_ body: @Sendable (Int, [Execution]) throws -> Value) throws -> [Value] {
        try collect(batch: 1) { range, worker in
            worker.sample = range.lowerBound
            let executions = try plans.enumerated().map { try worker.execution(of: $1, at: $0) }
            for execution in executions { try load(range.lowerBound, into: execution) }
            return [try body(range.lowerBound, executions)]
        }
    }

    private func load(_ sample: Int, into execution: Execution) throws {
        try execution.withInputs { try samples.load(sample: sample, into: $0, as: execution.plan.inputs) }
    }

    /// What one thread runs the models with; touched by that thread only.
    private final class Worker: @unchecked Sendable {
        private var executions: [Place: Execution] = [:]
        /// What an error is about.
        var sample = 0

        /// A plan that is compared with itself runs in two memories.
        private struct Place: Hashable {
            var plan: ObjectIdentifier
            var index: Int
        }

        /// - Parameter index: which of the models it is.
        func execution(of plan: Plan, at index: Int) throws -> Execution {
            let place = Place(plan: ObjectIdentifier(plan), index: index)
            if let made = executions[place] { return made }
            let made = try Execution(plan)
            executions[place] = made
            return made
        }
    }

    private struct Outcome<Value: Sendable>: Sendable {
        /// By the first of the samples that ran together.
        var values: [Int: [Value]] = [:]
        var done = 0
        /// The failure of the earliest sample, whichever thread came upon it first.
        var failure: (sample: Int, error: any Error)?
    }

    /// - Parameters:
    ///   - batch: how many samples `body` gets at once; what is left over comes one by one.
    ///   - body: makes a value of each sample.
    private func collect<Value: Sendable>(
        batch: Int, _ body: @Sendable (Range<Int>, Worker) throws -> [Value]
    ) throws -> [Value] {
        let count = samples.count
        let batches = count / batch
        let workers = (0..<threads.threads).map { _ in Worker() }
        let outcome = Mutex(Outcome<Value>())
        threads.forEach(batches + count % batch) { index, worker in
            let first = index < batches ? index * batch : batches * batch + index - batches
            let range = first..<(first + (index < batches ? batch : 1))
            // Samples before a failed one still run: the earliest failure is what is reported.
            if outcome.withLock({ $0.failure.map { $0.sample < first } ?? false }) { return }
            let worker = workers[worker]
            do {
                let values = try body(range, worker)
                outcome.withLock { outcome in
                    outcome.values[first] = values
                    outcome.done += range.count
                    progress?(outcome.done, count)
                }
            } catch {
                outcome.withLock { outcome in
                    let sample = worker.sample
                    if outcome.failure.map({ sample < $0.sample }) ?? true { outcome.failure = (sample, error) }
                }
            }
        }
        return try outcome.withLock { outcome in
            if let failure = outcome.failure { throw failure.error }
            return outcome.values.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }
}

/// What models made of one sample.
struct SampleOutputs {
    let sample: Int
    fileprivate let executions: [Execution]
    /// Which of how many samples it is, in the outputs of a model that ran several at once.
    fileprivate var part = (index: 0, count: 1)

    /// An output of one of the models as real numbers.
    func reals(_ model: Int, _ output: Int) -> [Float] {
        let execution = executions[model]
        let info = execution.outputInfo(output)
        return execution.withOutput(output) { bytes in
            OutputReading.reals(
                execution.plan.options.batch == part.count ? bytes.part(part.index, of: part.count) : bytes, as: info)
        }
    }
}
