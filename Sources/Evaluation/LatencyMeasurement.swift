import ModelGraph
import Runtime

/// Measures how long a plan takes for one inference, on made-up inputs.
package struct LatencyMeasurement {
    /// How long to measure.
    private let duration: Duration
    private let execution: Execution

    /// Runs before anything is measured: they fill caches and wake threads.
    private static let warmUps = 3
    /// However long a run takes, so many are measured at least, and at most.
    private static let leastRuns = 5
    private static let mostRuns = 200_000

    package init(_ plan: Plan, pool: ThreadPool?, for duration: Duration) throws(RuntimeError) {
        self.duration = duration
        execution = try Execution(plan, pool: pool)
    }

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
            fill()
            try run(&times)
        }
        times.removeAll(keepingCapacity: true)
        let end = ContinuousClock.now + duration
        while times.count < Self.mostRuns, times.count < Self.leastRuns || ContinuousClock.now < end {
            // A run uses the inputs' memory for other things.
            fill()
            try run(&times)
        }
        return times
    }

    /// Reals in 0..<1, bytes of all values; other integers are 0, which is an index wherever one is wanted.
    private func fill() {
        var state: UInt32 = 1
        execution.withInputs { buffers in
            for (info, buffer) in zip(execution.plan.inputs, buffers) {
                switch info.type {
                case .float32:
                    buffer.withMemoryRebound(to: Float.self) { values in
                        for index in values.indices {
                            state = state &* 1_664_525 &+ 1_013_904_223
                            values[index] = Float(state >> 8) * 0x1p-24
                        }
                    }
                case .int8, .uint8:
                    for index in buffer.indices {
                        state = state &* 1_664_525 &+ 1_013_904_223
                        buffer[index] = UInt8(truncatingIfNeeded: state >> 24)
                    }
                default:
                    for index in buffer.indices { buffer[index] = 0 }
                }
            }
        }
    }
}

extension Duration {
    fileprivate var microseconds: Double {
        Double(components.seconds) * 1e6 + Double(components.attoseconds) * 1e-12
    }
}
