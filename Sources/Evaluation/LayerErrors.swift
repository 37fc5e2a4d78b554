import ModelGraph
import Runtime

/// How far the result of one layer is from that of the same layer of another model.
package struct LayerError: Sendable, Equatable {
    /// The tensor's name, which both models have.
    package var name: String
    /// Signal-to-noise ratio in dB; infinite if nothing differs, nil if the reference is zero throughout.
    package var snr: Double?
}

extension Evaluator {
    /// Compares the tensors that two models name alike, layer by layer, each model running on its own results.
    ///
    /// - Parameters:
    ///   - reference: the model whose results are the signal.
    ///   - candidate: the model whose results differ.
    /// - Returns: one entry for each tensor that both compute in the same number of elements, in the candidate's order.
    package static func layerErrors(
        of candidate: Plan, against reference: Plan, on samples: any SampleSource, threads: ThreadPool
    ) throws -> [LayerError] {
        let parts = try SampleRun(samples, [reference, candidate], threads, nil).collect { _, executions in
            var signals: [String: [Float]] = [:]
            try executions[0].run { value, bytes in
                guard let tensor = executions[0].info(of: value) else { return }
                signals[tensor.name] = OutputReading.reals(bytes, as: tensor)
            }
            var statistics: [String: OutputStatistics] = [:]
            try executions[1].run { value, bytes in
                guard let tensor = executions[1].info(of: value), let signal = signals[tensor.name] else { return }
                let values = OutputReading.reals(bytes, as: tensor)
                guard values.count == signal.count, !values.isEmpty else { return }
                statistics[tensor.name] = OutputStatistics(signal, values)
            }
            return statistics
        }
        var total: [String: OutputStatistics] = [:]
        for part in parts {
            for (name, statistics) in part { total[name, default: OutputStatistics()] += statistics }
        }
        var seen: Set<String> = []
        return candidate.steps.flatMap(\.outputs).compactMap(candidate.name).compactMap { name in
            guard seen.insert(name).inserted, let statistics = total[name] else { return nil }
            return LayerError(name: name, snr: statistics.snr)
        }
    }
}
