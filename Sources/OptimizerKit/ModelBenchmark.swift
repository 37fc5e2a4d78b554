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
    private let measuresLayers: Bool
    private let seconds: Double

    /// - Parameters:
    ///   - shapes: extents for inputs that the file leaves open.
    ///   - numerics: nil for those of the engine that the model's format belongs to.
    ///   - seconds: how long to measure, and as long again for the layers.
    package init(
        model path: String, shapes: [OptimizationOptions.InputShape], threads: Int?, numerics: EngineNumerics?,
        measuresLayers: Bool, seconds: Double
    ) {
        self.path = path
        self.shapes = shapes
        self.threads = threads
        self.numerics = numerics
        self.measuresLayers = measuresLayers
        self.seconds = seconds
    }

    package func run() throws(OptimizationError) -> Benchmark {
        do {
            let file = try ModelFile(path: path, shapes: shapes)
            var options = PlanOptions(for: file.runnable)
            if let numerics { options.numerics = numerics.runtime }
            let plan = try Plan(file.runnable, options: options)
            let threads = threads ?? ThreadPool.defaultThreadCount
            let measurement = try LatencyMeasurement(
                plan, pool: threads > 1 ? ThreadPool(threads: threads) : nil, for: .seconds(seconds))
            let latencies = try measurement.latencies()
            var benchmark = Benchmark(
                file: file.summary(compresses: false), numerics: options.numerics.rawValue,
                instructionSet: InstructionSet.best.name, threads: threads, multiplyAdds: plan.multiplyAdds,
                latency: .init(latencies), runs: latencies.count)
            if measuresLayers {
                benchmark.layers = zip(plan.steps, try measurement.stepLatencies()).map { step, times in
                    let name = step.outputs.first.flatMap { plan.info(of: $0)?.name }
                    return Benchmark.Layer(
                        operation: step.operation, name: name ?? step.name, multiplyAdds: step.multiplyAdds,
                        time: .init(times))
                }
            }
            return benchmark
        } catch {
            throw OptimizationError(error)
        }
    }
}
