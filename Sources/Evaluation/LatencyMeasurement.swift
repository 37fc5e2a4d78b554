import ModelGraph
import Runtime

/// Measures how long a plan takes for one inference, on made-up inputs.
package struct LatencyMeasurement {
    /// How long to measure.
    private let duration: Duration
    private let execution: Execution
    /// What is fed each time; a run uses the inputs' memory for other things.
    private let inputs: PreparedInputs

    /// Runs before anything is measured: they fill caches and wake threads.
    private static let warmUps = 3
    /// However long a run takes, so many are measured at least, and at most.
    private static let leastRuns = 5
    private static let mostRuns = 200_000

    package init(_ plan: Plan, pool: ThreadPool?, for duration: Duration) throws(RuntimeError) {
        self.duration = duration
        execution = try Execution(plan, pool: pool)
        inputs = PreparedInputs(of: plan)
    }

    /// The threads that take part in a run.
    package var threads: Int { execution.threads }

    /// The time of each run, in microseconds.
    package func latencies() throws -> [Double] {
        try repeated { times in
            let start = ContinuousClock.now
            try execution.run()
            times.append(start.duration(to: .now).microseconds)
        }
    }

    /// The time of each step of each run, in microseconds: [step][run].
    package func stepLatencies() throws -> [[Double]] {
        var steps = Array(repeating: [Double](), count: execution.plan.steps.count)
        _ = try repeated { times in
            var last = ContinuousClock.now
            try execution.run { step in
                let now = ContinuousClock.now
                steps[step].append(last.duration(to: now).microseconds)
                last = now
            }
            times.append(0)
        }
        return steps.map { Array($0.dropFirst(Self.warmUps)) }
    }

    private func repeated(_ run: (inout [Double]) throws -> Void) throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<Self.warmUps {
            inputs.fill(execution)
            try run(&times)
        }
        times.removeAll(keepingCapacity: true)
        let end = ContinuousClock.now + duration
        while times.count < Self.mostRuns, times.count < Self.leastRuns || ContinuousClock.now < end {
            inputs.fill(execution)
            try run(&times)
        }
        return times
    }
}

/// Made-up inputs, copied to where they are read.
struct PreparedInputs: Sendable {
    private let arrays: [[UInt8]]

    init(of plan: Plan) {
        var numbers = MadeUpInputs()
        arrays = plan.inputs.map { tensor in
            var bytes = [UInt8](repeating: 0, count: tensor.byteCount)
            bytes.withUnsafeMutableBytes { numbers.fill($0, as: tensor) }
            return bytes
        }
    }

    func fill(_ execution: Execution) {
        execution.withInputs { buffers in
            for (buffer, bytes) in zip(buffers, arrays) { buffer.copyBytes(from: bytes) }
        }
    }
}

extension Duration {
    var microseconds: Double { Double(components.seconds) * 1e6 + Double(components.attoseconds) * 1e-12 }
}
