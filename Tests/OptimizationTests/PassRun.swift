import ModelGraph
import Runtime
import Testing

@testable import Optimization

/// Runs passes on a model and compares what it computes before and after.
enum PassRun {
    static func apply(_ passes: String..., to model: Model) throws -> PipelineResult {
        var settings = PipelineSettings()
        settings.passes = passes
        return try Pipeline.run(model, settings: settings, calibration: nil, threads: ThreadPool(threads: 1))
    }

    /// The text of the graph that the passes leave, once its results were compared with those of the graph before by
    /// the reference evaluator on random inputs.
    static func text(
        _ passes: String..., on model: Model, tolerance: Double = 1e-5,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        var settings = PipelineSettings()
        settings.passes = passes
        let result = try Pipeline.run(model, settings: settings, calibration: nil, threads: ThreadPool(threads: 1))
        try expectSameResults(model, result.model, tolerance: tolerance, sourceLocation: sourceLocation)
        return result.model.main.text
    }

    static func expectSameResults(
        _ before: Model, _ after: Model, tolerance: Double = 1e-5, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for seed in 0..<3 {
            let inputs = randomInputs(before, seed: UInt64(seed))
            let a = try ReferenceEvaluator.run(before.main, inputs)
            let b = try ReferenceEvaluator.run(after.main, inputs)
            let error = difference(a, b)
            #expect(error <= tolerance, "relative error \(error)", sourceLocation: sourceLocation)
        }
    }

    /// The largest difference, relative to the largest result.
    static func difference(_ a: [[Double]], _ b: [[Double]]) -> Double {
        guard a.map(\.count) == b.map(\.count) else { return .infinity }
        var worst = 0.0
        for (x, y) in zip(a, b) {
            let scale = max(1e-30, x.map(abs).max() ?? 0)
            for (p, q) in zip(x, y) {
                // NaN is never equal, and is never right here.
                worst = max(worst, (p - q).isNaN ? .infinity : abs(p - q) / scale)
            }
        }
        return worst
    }

    /// The results of the inference core.
    static func runtime(_ model: Model, _ inputs: [[Float]]) throws -> [[Float]] {
        let plan = try Plan(model)
        let execution = try Execution(plan)
        execution.withInputs { buffers in
            for (buffer, values) in zip(buffers, inputs) { values.withUnsafeBytes { buffer.copyMemory(from: $0) } }
        }
        try execution.run()
        return plan.outputs.indices.map { index in
            execution.withOutput(index) { Array($0.bindMemory(to: Float.self)) }
        }
    }

    static func randomInputs(_ model: Model, seed: UInt64) -> [[Float]] {
        var random = SeededGenerator(seed: seed)
        return model.main.inputs.map { random.floats(model.main[$0].shape!.elementCount!, in: -3...3) }
    }
}
