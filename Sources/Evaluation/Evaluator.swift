import ModelGraph
import Runtime
import Synchronization

/// How many samples were given the class of their label.
package struct AccuracyResult: Sendable, Equatable {
    package var correct: Int
    package var count: Int
    /// The class that the model names for each sample.
    package var predictions: [Int]

    /// The share of correct samples, in 0…1; zero for no samples.
    package var top1: Double { count > 0 ? Double(correct) / Double(count) : 0 }
}

/// How much the outputs of two models differ on the same samples.
package struct Comparison: Sendable, Equatable {
    package struct Output: Sendable, Equatable {
        package var name: String
        /// How many samples have their largest element at the same place.
        package var agreeing: Int
        package var statistics: OutputStatistics

        package var snr: Double? { statistics.snr }
        package var cosine: Double? { statistics.cosine }
        package var maxAbs: Double { statistics.largestDifference }
    }

    package var count: Int
    package var outputs: [Output]

    /// The share of samples for which both models name the same class, by their first outputs.
    package var agreement: Double { outputs.first.map(agreement(of:)) ?? 0 }

    package func agreement(of output: Output) -> Double { count > 0 ? Double(output.agreeing) / Double(count) : 0 }
}

/// Runs models over samples, several at a time; the figures do not depend on how many.
package enum Evaluator {
    /// Called with the number of samples that are done and of all; from any thread, one call at a time.
    package typealias Progress = @Sendable (_ done: Int, _ total: Int) -> Void

    /// How often the largest element of the first output stands at the place that the label names.
    ///
    /// - Throws: `DatasetError` if there are no labels, one names no class, or a sample cannot be read; `RuntimeError`.
    package static func accuracy(
        of plan: Plan, on dataset: Dataset, threads: ThreadPool, progress: Progress? = nil
    ) throws -> AccuracyResult {
        guard let labels = dataset.labels else {
            throw DatasetError(.mismatch, "the data set has no labels", at: dataset.path)
        }
        guard let output = plan.outputs.first else { throw DatasetError(.mismatch, "the model has no outputs") }
        let classCount = output.shape.reduce(1, *)
        if let label = labels.first(where: { $0 < 0 || $0 >= classCount }) {
            throw DatasetError(
                .mismatch, "the label \(label) names no class: the output '\(output.name)' has shape \(output.shape)",
                at: dataset.path)
        }
        let predictions = try SampleRun(dataset, [plan], threads, progress).map { outputs in
            Classification.firstMaximum(outputs.reals(0, 0))
        }
        let correct = zip(predictions, labels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
        return AccuracyResult(correct: correct, count: labels.count, predictions: predictions)
    }

    /// The bytes of all outputs for each sample: [sample][output].
    ///
    /// - Precondition: `plan.runsAreIndependent`.
    /// - Throws: a `ModelError` if a sample cannot be read; `RuntimeError`.
    package static func outputs(
        of plan: Plan, on samples: any SampleSource, threads: ThreadPool
    ) throws -> [[[UInt8]]] {
        try SampleRun(samples, [plan], threads, nil).collect { _, executions in
            try executions[0].run()
            return executions[0].outputBytes
        }
    }

    /// The outputs of `b` against those of `a`, pairwise in the models' order.
    ///
    /// - Throws: `DatasetError` if the outputs cannot be paired or a sample cannot be read; `RuntimeError`.
    package static func compare(
        _ a: Plan, _ b: Plan, on samples: any SampleSource, threads: ThreadPool, progress: Progress? = nil
    ) throws -> Comparison {
        try requirePairs(a, b)
        let parts = try SampleRun(samples, [a, b], threads, progress).map { outputs in
            a.outputs.indices.map { Difference(outputs.reals(0, $0), outputs.reals(1, $0)) }
        }
        return comparison(parts, of: a)
    }

    /// The same with outputs of `a` that are known already.
    ///
    /// - Parameters:
    ///   - a: made with the same options as the plan that ran; it is not run.
    ///   - recorded: the bytes of the outputs of all samples: [sample][output].
    package static func compare(
        _ a: Plan, recorded: [[[UInt8]]], _ b: Plan, on samples: any SampleSource, threads: ThreadPool,
        progress: Progress? = nil
    ) throws -> Comparison {
        precondition(recorded.count >= samples.count)
        try requirePairs(a, b)
        let parts = try SampleRun(samples, [b], threads, progress).map { outputs in
            a.outputs.enumerated().map { index, info in
                let left = recorded[outputs.sample][index].withUnsafeBytes { OutputReading.reals($0, as: info) }
                return Difference(left, outputs.reals(0, index))
            }
        }
        return comparison(parts, of: a)
    }

    private static func requirePairs(_ a: Plan, _ b: Plan) throws(DatasetError) {
        guard a.outputs.count == b.outputs.count,
            zip(a.outputs, b.outputs).allSatisfy({ $0.shape.reduce(1, *) == $1.shape.reduce(1, *) })
        else { throw DatasetError(.mismatch, "the two models have different outputs, so they cannot be compared") }
    }

    /// Of one output for one sample.
    private struct Difference: Sendable {
        let agrees: Bool
        let statistics: OutputStatistics

        init(_ left: [Float], _ right: [Float]) {
            agrees = Classification.firstMaximum(left) == Classification.firstMaximum(right)
            statistics = OutputStatistics(left, right)
        }
    }

    /// - Parameter parts: [sample][output].
    private static func comparison(_ parts: [[Difference]], of plan: Plan) -> Comparison {
        var outputs = plan.outputs.map {
            Comparison.Output(name: $0.name, agreeing: 0, statistics: OutputStatistics())
        }
        for part in parts {
            for index in outputs.indices {
                outputs[index].agreeing += part[index].agrees ? 1 : 0
                outputs[index].statistics += part[index].statistics
            }
        }
        return Comparison(count: parts.count, outputs: outputs)
    }
}
