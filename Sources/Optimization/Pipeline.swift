import ModelGraph
import Runtime

/// What the pipeline made, and how.
package struct PipelineResult: Sendable {
    package var model: Model
    package var records: [PassRecord]
    /// The model's main graph before the first pass.
    package let original: Graph

    /// Finds the layers that each pass changed, and what their weights lost.
    package mutating func measureLayers(threads: ThreadPool) {
        var before = original
        for index in records.indices {
            let graph = records[index].graph
            if !records[index].patches.isEmpty {
                records[index].layers = graph.layerRecords(
                    since: before, known: records[index].comparisons, threads: threads)
            }
            before = graph
        }
    }
}

/// The ordered list of passes, from which help, reports and `--pipeline` are read, and the runner that applies them.
package enum Pipeline {
    package struct Description: Sendable {
        package var name: String
        package var summary: String
    }

    private static let mainTypes: [any Pass.Type] = [PrunePass.self, QuantizePass.self, FoldBatchNormPass.self]

    private static let types: [any Pass.Type] =
        mainTypes + [CleanUpPass.self] + cleanUpTypes.filter { $0.name != FoldBatchNormPass.name }

    package static let passes: [Description] = types.map { Description(name: $0.name, summary: $0.summary) }

    package static var defaultPasses: [String] { mainTypes.map { $0.name } }

    /// The passes that keep what a model computes, in an order in which each finds what those before it leave; `clean-up`
    /// repeats all of them until none finds anything.
    static let cleanUpTypes: [any Pass.Type] = [
        FoldConstantsPass.self, RemoveIdentitiesPass.self, CancelReshapesPass.self, CancelTransposesPass.self,
        EliminateCommonSubexpressionsPass.self, FoldPadsPass.self, FoldBatchNormPass.self, MergeScalesPass.self,
        RecognizeHardSwishPass.self, RecognizeGeluPass.self, RecognizeLayerNormPass.self, FuseActivationsPass.self,
    ]

    /// Their names.
    package static let cleanUpPasses: [String] = cleanUpTypes.map { $0.name }

    /// Runs the passes on a model's main graph.
    ///
    /// - Parameter calibration: samples for passes that observe the model; full int8 needs them.
    /// - Parameter record: takes outputs of the model for the first calibration samples, if it is run on them as it is.
    /// - Throws: `PassError`, which names the pass.
    package static func run(
        _ model: Model, settings: PipelineSettings, calibration: (any SampleSource)?, threads: ThreadPool,
        record: OutputRecord? = nil,
        progress: @escaping @Sendable (PipelineProgress) -> Void = { _ in }
    ) throws(PassError) -> PipelineResult {
        var selected: [any Pass.Type] = []
        for name in settings.passes {
            guard let type = types.first(where: { $0.name == name }) else {
                throw PassError(
                    .unknownPass, "there is no pass '\(name)'",
                    remedy: "the passes are \(passes.map(\.name).joined(separator: ", "))")
            }
            selected.append(type)
        }
        var result = PipelineResult(model: model, records: [], original: model.main)
        var remainingPatches = settings.patchLimit ?? .max
        for (index, type) in selected.enumerated() {
            let context = PassContext(
                model: result.model, settings: settings, calibration: calibration, pool: threads,
                record: result.records.allSatisfy(\.patches.isEmpty) ? record : nil,
                laterPasses: selected[(index + 1)...].map { $0.name },
                progress: { report in
                    progress(
                        PipelineProgress(
                            stage: "\(type.name): \(report.stage)", completed: report.completed, total: report.total))
                })
            let byteCount = result.records.last?.constantBytesAfter ?? model.main.constantByteCount
            result.records.append(
                try run(type, on: &result.model, context, byteCount: byteCount, limit: &remainingPatches))
        }
        return result
    }

    private static func run(
        _ type: any Pass.Type, on model: inout Model, _ context: PassContext, byteCount: Int, limit: inout Int
    ) throws(PassError) -> PassRecord {
        let clock = ContinuousClock()
        let start = clock.now
        var pass = try type.init(context: context)
        var patches: [String] = []
        while limit > 0, let patch = try naming(type.name, { () throws(PassError) in try pass.next(in: model.main) }) {
            do {
                // In place: a copy of the graph for each patch would make large models slow.
                try model.graphs[0].apply(patch)
            } catch {
                throw PassError(
                    .invalidPatch, "'\(patch.summary)' broke the graph", pass: type.name, cause: error)
            }
            patches.append(patch.summary)
            limit -= 1
        }
        if !patches.isEmpty {
            let bound = model.signatures.filter { $0.graph == 0 }.flatMap { $0.inputs + $0.outputs }.map(\.value)
            do {
                try model.main.removeDeadCode(keeping: context.model.main, bound: Set(bound))
            } catch {
                throw PassError(.invalidPatch, "removing dead code broke the graph", pass: type.name, cause: error)
            }
        }
        return PassRecord(
            pass: type.name, seconds: (clock.now - start).inSeconds, patches: patches, graph: model.main,
            constantBytesBefore: byteCount,
            constantBytesAfter: patches.isEmpty ? byteCount : model.main.constantByteCount,
            comparisons: pass.comparisons, notes: pass.notes, realOperators: pass.realOperators)
    }

    private static func naming<Result>(
        _ pass: String, _ body: () throws(PassError) -> Result
    ) throws(PassError) -> Result {
        do {
            return try body()
        } catch {
            var named = error
            named.pass = named.pass ?? pass
            throw named
        }
    }
}
