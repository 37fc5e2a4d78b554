import Evaluation
import ModelGraph
import Reporting
import Runtime

/// Measures how fast a model runs.
package struct ModelBenchmark: Sendable {
    private let path: String
    private let shapes: [OptimizationOptions.InputShape]
    private let threads: Int?
    private let numerics: EngineNumerics?
    private let batch: Int?
    private let measuresLayers: Bool
    private let seconds: Double

    /// - Parameters:
    ///   - shapes: extents for inputs that the file leaves open.
    ///   - threads: nil for one for each core, at most 4.
    ///   - numerics: nil for those of the engine that the model's format belongs to.
    ///   - batch: how many samples one run takes; nil for one, and for throughput as many as are fastest.
    ///   - seconds: how long to measure the time of a run, as long again the throughput, and the layers.
    package init(
        model path: String, shapes: [OptimizationOptions.InputShape], threads: Int?, numerics: EngineNumerics?,
        batch: Int?, measuresLayers: Bool, seconds: Double
    ) {
        self.path = path
        self.shapes = shapes
        self.threads = threads
        self.numerics = numerics
        self.batch = batch
        self.measuresLayers = measuresLayers
        self.seconds = seconds
    }

    package func run() throws(OptimizationError) -> Benchmark {
        do {
            let file = try ModelFile(path: path, shapes: shapes)
            var options = PlanOptions(for: file.runnable)
            if let numerics { options.numerics = numerics.runtime }
            let single = try Plan(file.runnable, options: options)
            let plan = try batched(single)
            let pool = ThreadPool(threads: threads ?? ThreadPool.defaultThreadCount)
            let measurement = try LatencyMeasurement(plan, pool: pool, for: .seconds(seconds))
            let limits = try Limits(threads: measurement.threads)
            let latencies = try measurement.latencies()
            var benchmark = Benchmark(
                file: file.summary(compresses: false), numerics: options.numerics.rawValue,
                instructionSet: InstructionSet.best.name, threads: measurement.threads, batch: batch ?? 1,
                multiplyAdds: plan.multiplyAdds, latency: .init(latencies), runs: latencies.count)
            benchmark.limit = limits.limit(of: plan.steps, median: benchmark.latency.median)
            benchmark.throughput = try throughput(single, plan, pool)
            if measuresLayers {
                benchmark.layers = zip(plan.steps, try measurement.stepLatencies()).map { step, times in
                    let name = step.outputs.first.flatMap { plan.info(of: $0)?.name }
                    var layer = Benchmark.Layer(
                        operation: step.operation, name: name ?? step.name, multiplyAdds: step.multiplyAdds,
                        time: .init(times))
                    layer.limit = limits.limit(of: [step], median: layer.time.median)
                    return layer
                }
            }
            return benchmark
        } catch {
            throw OptimizationError(error)
        }
    }

    private func batched(_ plan: Plan) throws(OptimizationError) -> Plan {
        guard let batch, batch > 1 else { return plan }
        guard let batched = plan.batched(by: batch) else {
            throw OptimizationError(
                .usage, "the model does not run \(batch) samples at once, or not with the same results", at: path,
                remedy: "leave --batch out")
        }
        return batched
    }

    /// One sample, or batch, for each thread.
    private func throughput(_ single: Plan, _ plan: Plan, _ pool: ThreadPool) throws -> Benchmark.Throughput {
        let many = batch == nil ? single.profitablyBatched() ?? single : plan
        let runs = try ThroughputMeasurement(many, pool: pool, for: .seconds(seconds)).runsPerSecond()
        return Benchmark.Throughput(
            samplesPerSecond: runs * Double(many.options.batch), threads: pool.threads, batch: many.options.batch)
    }
}

/// What this machine can do, and what of it is used.
private struct Limits {
    private let machine: MachineLimit

    init(threads: Int) throws(RuntimeError) {
        machine = try MachineLimit(pool: threads > 1 ? ThreadPool(threads: threads) : nil)
    }

    /// - Returns: nil of operators without multiply-adds.
    func limit(of steps: [StepInfo], median: Double) -> Benchmark.Limit? {
        var best = 0.0
        var byType: [Bool: Int] = [:]
        for step in steps where step.multiplyAdds > 0 {
            best += Double(step.multiplyAdds) / (step.isInteger ? machine.int8 : machine.float32)
            byType[step.isInteger, default: 0] += step.multiplyAdds
        }
        guard best > 0, best.isFinite else { return nil }
        let isInteger = byType[true, default: 0] >= byType[false, default: 0]
        return Benchmark.Limit(
            type: isInteger ? "int8" : "float32",
            multiplyAddsPerSecond: isInteger ? machine.int8 : machine.float32, share: best * 1e6 / max(median, 1e-3))
    }
}
