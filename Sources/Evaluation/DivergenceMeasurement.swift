import ModelGraph
import Runtime

/// How the values of one tensor differ between two runs.
package struct TensorDivergence: Sendable, Equatable {
    package var name: String
    package var statistics: OutputStatistics
    /// The largest difference of stored integers; nil unless both are integers with the same scale and zero point.
    package var largestStep: Int?

    fileprivate static func + (a: TensorDivergence, b: TensorDivergence) -> TensorDivergence {
        var sum = a
        sum.statistics += b.statistics
        sum.largestStep = a.largestStep.flatMap { left in b.largestStep.map { max(left, $0) } }
        return sum
    }
}

/// Two runs of the same samples, tensor by tensor.
package struct DivergenceMeasurement: Sendable {
    /// Tensors that both compute under the same name in the same number of elements, in the second plan's order.
    package var tensors: [TensorDivergence]
    package var samples: Int
    /// Samples for which the largest value of the first output stands at the same place.
    package var agreeing: Int
}

extension Evaluator {
    /// Compares the tensors that two plans name alike, each plan running on its own results.
    ///
    /// - Throws: a `ModelError` if a sample cannot be read, or a run fails.
    package static func divergence(
        _ a: Plan, _ b: Plan, on samples: any SampleSource, threads: ThreadPool, progress: Progress? = nil
    ) throws -> DivergenceMeasurement {
        // Outputs are paired by their places, whatever their names.
        var counterparts: [String: String] = [:]
        if a.outputs.count == b.outputs.count {
            for (one, other) in zip(a.outputs, b.outputs) { counterparts[other.name] = one.name }
        }
        let parts = try SampleRun(samples, [a, b], threads, progress).collect { [counterparts] _, executions in
            var stored: [String: (tensor: TensorInfo, bytes: [UInt8])] = [:]
            try executions[0].run { value, bytes in
                guard let tensor = executions[0].info(of: value) else { return }
                stored[tensor.name] = (tensor, Array(bytes))
            }
            var found: [String: TensorDivergence] = [:]
            let fed = Set(b.inputs.map(\.value))
            try executions[1].run { value, bytes in
                guard !fed.contains(value), let tensor = executions[1].info(of: value),
                    let other = stored[counterparts[tensor.name] ?? tensor.name]
                else { return }
                found[tensor.name] = other.bytes.withUnsafeBytes { compare($0, other.tensor, bytes, tensor) }
            }
            let classes = zip([a, b], executions).map { plan, execution in
                plan.outputs.isEmpty ? nil : Classification.firstMaximum(OutputReading.reals(execution, 0))
            }
            return (found, classes[0] == classes[1])
        }
        var total: [String: TensorDivergence] = [:]
        for (found, _) in parts {
            for (name, divergence) in found { total[name] = total[name].map { $0 + divergence } ?? divergence }
        }
        var seen: Set<String> = []
        let tensors = b.steps.flatMap(\.outputs).compactMap(b.name)
            .compactMap { name in seen.insert(name).inserted ? total[name] : nil }
        return DivergenceMeasurement(tensors: tensors, samples: parts.count, agreeing: parts.count { $0.1 })
    }

    /// nil if the two have different numbers of elements.
    private static func compare(
        _ a: UnsafeRawBufferPointer, _ first: TensorInfo, _ b: UnsafeRawBufferPointer, _ second: TensorInfo
    ) -> TensorDivergence? {
        let (left, right) = (OutputReading.reals(a, as: first), OutputReading.reals(b, as: second))
        guard left.count == right.count, !left.isEmpty else { return nil }
        var divergence = TensorDivergence(name: second.name, statistics: OutputStatistics(left, right))
        if first.type == second.type, first.type.isInteger, first.quantization == second.quantization,
            let element = ArrayElement(first.type), let one = element.integers(a), let other = element.integers(b)
        {
            divergence.largestStep = zip(one, other).reduce(0) { largest, pair in
                let (difference, overflow) = pair.0.subtractingReportingOverflow(pair.1)
                return max(largest, overflow ? .max : Int(clamping: difference.magnitude))
            }
        }
        return divergence
    }
}
