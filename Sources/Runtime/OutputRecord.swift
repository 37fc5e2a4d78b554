import Synchronization

/// A model's outputs for the first samples of a source, kept by who runs it for another reason.
package final class OutputRecord: Sendable {
    /// How many samples' outputs are wanted.
    package let limit: Int
    /// What all of them together may take.
    private static let mostBytes = 64 << 20
    /// By sample and output.
    private let outputs = Mutex<[Int: [[UInt8]]]>([:])

    package init(limit: Int) { self.limit = limit }

    /// Whether outputs of the plan are worth keeping: they must not depend on what ran before, nor be large.
    package func takes(_ plan: Plan) -> Bool {
        let one = plan.outputs.reduce(0) { $0.addingReportingOverflow($1.byteCount).partialValue }
        return plan.runsAreIndependent && one <= Self.mostBytes / max(1, limit)
    }

    /// Keeps what has just been run.
    package func keep(_ execution: Execution, sample: Int) {
        guard sample < limit else { return }
        let bytes = execution.outputBytes
        outputs.withLock { $0[sample] = bytes }
    }

    /// The bytes of all outputs: [sample][output].
    ///
    /// - Returns: nil unless there are those of all of the first `count` samples.
    package func outputs(ofFirst count: Int) -> [[[UInt8]]]? {
        let found = outputs.withLock { outputs in (0..<count).compactMap { outputs[$0] } }
        return found.count == count ? found : nil
    }
}
