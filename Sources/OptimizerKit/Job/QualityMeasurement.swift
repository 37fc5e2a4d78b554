import Evaluation
import Reporting
import Runtime

/// Runs the input model and the written file on the same samples.
struct QualityMeasurement {
    let data: JobData
    let threads: ThreadPool
    private let comparesLayers: Bool
    private(set) var evaluation: Report.Evaluation?
    /// Signal-to-noise ratio of each tensor that both models compute, in dB, by name.
    private(set) var layerSNR: [String: Double] = [:]
    private var before: AccuracyResult?

    /// How many samples outputs are compared on, where that is not the measurement asked for.
    static let comparisonLimit = 32
    /// How many samples layers are compared on: each layer has many elements.
    private static let layerLimit = 8

    init(data: JobData, threads: ThreadPool, comparesLayers: Bool) {
        self.data = data
        self.threads = threads
        self.comparesLayers = comparesLayers
    }

    /// The input model's accuracy, if there are labels.
    mutating func measureInput(_ model: RunnableModel, _ progress: @escaping @Sendable (Int, Int) -> Void) throws {
        guard let dataset = data.evaluation, dataset.labels != nil, let plan = model.plan else { return }
        let result = try Evaluator.accuracy(of: plan, on: dataset, threads: threads, progress: progress)
        before = result
        evaluation = Report.Evaluation(
            source: dataset.summary, samples: dataset.count,
            accuracyBefore: Report.Accuracy(correct: result.correct, count: result.count))
    }

    /// The written file's accuracy, and how far its outputs are from those of the input model.
    ///
    /// - Parameters:
    ///   - fallback: samples to compare the outputs on if no evaluation was asked for; the first few are used.
    ///   - record: what the input model makes of these, if it is known.
    mutating func measureOutput(
        _ input: RunnableModel, _ output: RunnableModel, fallback: (any SampleSource)?, record: OutputRecord?,
        _ progress: @escaping @Sendable (Int, Int) -> Void
    ) throws {
        guard let first = input.plan, let second = output.plan else { return }
        if comparesLayers, let samples: any SampleSource = data.evaluation ?? fallback {
            let errors = try Evaluator.layerErrors(
                of: second, against: first, on: FirstSamples(samples, limit: Self.layerLimit), threads: threads)
            for error in errors { layerSNR[error.name] = error.snr }
        }
        guard let dataset = data.evaluation else {
            guard let fallback else { return }
            let samples = FirstSamples(fallback, limit: Self.comparisonLimit)
            evaluation = try compare(
                first, recorded: record?.outputs(ofFirst: samples.count), second, on: samples, progress)
            return
        }
        guard let before, var evaluation else {
            evaluation = try compare(first, second, on: dataset, progress)
            return
        }
        let after = try Evaluator.accuracy(of: second, on: dataset, threads: threads, progress: progress)
        evaluation.accuracyAfter = Report.Accuracy(correct: after.correct, count: after.count)
        let agreeing = zip(before.predictions, after.predictions).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
        evaluation.agreement = after.count > 0 ? Double(agreeing) / Double(after.count) : nil
        let samples = FirstSamples(dataset, limit: Self.comparisonLimit)
        evaluation.outputs = try compare(first, second, on: samples, progress).outputs
        if samples.count < dataset.count { evaluation.comparedSamples = samples.count }
        self.evaluation = evaluation
    }

    /// Whether the output can be scores of classes: one axis with more than one element.
    private static func holdsScores(_ output: TensorInfo) -> Bool {
        output.shape.count { $0 != 1 } == 1
    }

    private func compare(
        _ a: Plan, recorded: [[[UInt8]]]? = nil, _ b: Plan, on samples: any SampleSource,
        _ progress: @escaping @Sendable (Int, Int) -> Void
    ) throws -> Report.Evaluation {
        let comparison =
            if let recorded {
                try Evaluator.compare(a, recorded: recorded, b, on: samples, threads: threads, progress: progress)
            } else {
                try Evaluator.compare(a, b, on: samples, threads: threads, progress: progress)
            }
        return Report.Evaluation(
            source: samples.summary, samples: comparison.count,
            agreement: a.outputs.first.map(Self.holdsScores) ?? false ? comparison.agreement : nil,
            outputs: comparison.outputs.map { output in
                Report.OutputDifference(
                    name: output.name, agreement: comparison.agreement(of: output), snr: output.snr,
                    cosine: output.cosine, largestDifference: output.maxAbs,
                    isIdentical: output.statistics.isIdentical,
                    nonFinite: output.statistics.nonFiniteA + output.statistics.nonFiniteB)
            })
    }
}
