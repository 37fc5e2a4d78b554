import ModelGraph
import Runtime

/// Calibration samples made from the model itself, for users without data.
///
/// Inputs with the shape of images get made-up images, others noise, in the range that the model seems to have been
/// trained with. The same model and seed give the same samples, on any number of threads.
package final class SyntheticSamples: SampleSource {
    package let count: Int
    package let summary: String
    package var isSynthetic: Bool { true }
    /// One for each of the model's inputs.
    package let assumptions: [InputAssumption]
    private let seed: UInt64

    /// - Throws: `RuntimeError` if the model cannot be planned.
    package convenience init(for model: Model, count: Int = 64, seed: UInt64 = 1) throws(RuntimeError) {
        let tensors = try Plan(model, options: PlanOptions(for: model)).inputs
        // Before the choice, the most usual range of each.
        var assumptions = tensors.map { InputAssumption.candidates(for: $0)[0] }
        var reasons: [String] = []
        for (index, tensor) in tensors.enumerated() {
            let reason: String
            (assumptions[index], reason) = Self.choose(index, tensor, assumptions, model, seed)
            reasons.append(reason)
        }
        let inputs = zip(tensors, zip(assumptions, reasons)).map { tensor, choice in
            let what =
                switch choice.0.kind {
                case .image: "made-up images"
                case .noise: "noise"
                case .integers: "integers"
                }
            let name = tensors.count > 1 ? "'\(tensor.name)': " : ""
            return "\(name)\(what) with \(choice.0.name)\(choice.1)"
        }
        self.init(
            count: count, seed: seed, assumptions: assumptions,
            summary: "\(count) synthetic samples: " + inputs.joined(separator: "; "))
    }

    private init(count: Int, seed: UInt64, assumptions: [InputAssumption], summary: String) {
        self.count = count
        self.seed = seed
        self.assumptions = assumptions
        self.summary = summary
    }

    /// The range of one input that makes the first layers' results most plausible, and the reason in words.
    private static func choose(
        _ index: Int, _ tensor: TensorInfo, _ assumptions: [InputAssumption], _ model: Model, _ seed: UInt64
    ) -> (InputAssumption, reason: String) {
        let candidates = InputAssumption.candidates(for: tensor)
        guard candidates.count > 1 else { return (candidates[0], "") }
        let usual = (candidates[0], ", which is usual; the model gave no sign of its range")
        guard let probe = RangeProbe(model, input: tensor.value) else { return usual }
        var best: (candidate: InputAssumption, score: Double)?
        for candidate in candidates {
            var tried = assumptions
            tried[index] = candidate
            let samples = SyntheticSamples(
                count: RangeProbe.sampleCount, seed: seed, assumptions: tried, summary: "")
            guard let fit = probe.implausibility(of: samples) else { return usual }
            let score = fit + candidate.handicap
            if best.map({ score < $0.score }) ?? true { best = (candidate, score) }
        }
        guard let best else { return usual }
        return (best.candidate, ", the range that lets the first layers answer most like a trained network's")
    }

    package func load(
        sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]
    ) throws {
        guard tensors.count == assumptions.count, buffers.count == tensors.count, sample >= 0, sample < count else {
            throw DatasetError(.mismatch, "the synthetic samples were made for another model")
        }
        for index in tensors.indices {
            var random = RandomNumbers(seed: seed, stream: UInt64(sample) << 8 | UInt64(index & 0xFF))
            let values = assumptions[index].values(for: tensors[index], random: &random)
            try InputEncoding.store(values, into: buffers[index], as: tensors[index])
        }
    }
}
