import Evaluation
import ModelGraph
import ONNXFormat
import Optimization
import Reporting
import Runtime

/// One run of a job, stage by stage.
struct JobRun {
    let options: OptimizationOptions
    let observer: @Sendable (OptimizationEvent) -> Void
    private let threads: ThreadPool
    private(set) var warnings: [String] = []
    private(set) var stages: [Report.Stage] = []

    init(options: OptimizationOptions, observer: @escaping @Sendable (OptimizationEvent) -> Void) {
        self.options = options
        self.observer = observer
        threads = ThreadPool(threads: options.threads ?? ThreadPool.defaultThreadCount)
    }

    mutating func run() throws -> Report {
        let product = try produce()
        try product.model.commit(with: product.data)
        for file in product.reports { try file.commit() }
        return product.report
    }

    /// What a job leaves, in files that are not yet in their places.
    private struct Product {
        var report: Report
        var model: StagedFile
        var data: StagedFile?
        var reports: [StagedFile]
    }

    private mutating func produce() throws -> Product {
        let options = options
        let input = try stage("read") { _ in try ModelFile(path: options.input, shapes: options.shapes) }
        let (target, reports) = try targets()
        try checkEnding(of: target, for: input.model)
        let data = try stage("open data") { _ in try JobData(options) }
        try checkLabels(data)
        try warnAboutInput(input.model)
        try checkData(beside: target, for: input.model)
        let needsRunning =
            data.evaluation != nil
            || options.comparesModels && (data.calibration != nil || needsRanges(input.model))
        let pool = threads
        let recording = data.evaluation == nil ? outputRecord(of: input) : nil
        // What is not to run is planned for its figures alone, beside other work.
        let isPlannedFirst = needsRunning || needsRanges(input.model)
        let planned =
            isPlannedFirst
            ? try stage("plan") { _ in
                RunnableModel(input, isNeeded: needsRunning, isRecorded: recording != nil, threads: pool)
            } : nil
        let planning = planned == nil ? pool.submitBehindLoop { RunnableModel(input, isNeeded: false) } : nil

        var quality = QualityMeasurement(data: data, threads: threads, comparesLayers: options.comparesLayers)
        if data.evaluation != nil, let planned, planned.plan != nil {
            try stage("evaluate the input model") { progress in try quality.measureInput(planned, progress) }
            try warnAboutGuessing(quality.evaluation?.accuracyBefore, planned)
        }

        let calibration = try calibrationSource(data, input, obstacle: planned?.obstacle)
        let result = try runPipeline(on: input.model, calibration: calibration, recording)
        pool.startPostponed()
        // What nobody waits for yet is measured while the file is written.
        let measuring = pool.submit { [result] in
            var pipeline = result
            pipeline.measureLayers(threads: pool)
            let content = Report.ModelSummary(contentOf: input.model, known: pipeline.firstLayers, threads: pool)
            return (pipeline, content)
        }
        let staged = try StagedFile(for: target)
        let stagedData = try stage("write") { _ in
            let output = ModelOutput(
                form: options.usesQOperators ? .qOperator : nil, replacesData: options.replacesOutput)
            // Without a change the file is written as it was read.
            let isChanged = result.records.contains { !$0.patches.isEmpty } || options.usesQOperators
            return try output.write(isChanged ? result.model : input.original, to: staged)
        }
        // What is measured is the file that the user gets, and not the graph that it was written from.
        let output = try stage("read the result") { _ in
            do { return try ModelFile(path: staged.path, data: stagedData?.file) } catch {
                throw OptimizationError(.internal, "the written file cannot be read again: \(error)")
            }
        }
        let (after, contentAfter) = Self.prepare(output, isNeeded: planned?.plan != nil && needsRunning, pool)
        guard var before = planned ?? planning?.wait() else { preconditionFailure("the input model is planned") }
        let comparison = data.evaluation == nil && options.comparesModels ? calibration.map(\.samples) : nil
        if let recording, let comparison, recording.outputs(ofFirst: min(recording.limit, comparison.count)) == nil {
            before = try stage("plan") { _ in RunnableModel(input, isNeeded: true, threads: pool) }
        }
        let (pipeline, contentBefore) = measuring.wait()
        try warnAboutRunning(before, after)
        try warnAboutInterface(of: after.model)
        try warnAboutNothing(input.model, pipeline.records)
        if before.plan != nil, after.plan != nil, data.evaluation != nil || comparison != nil {
            try stage("evaluate the result") { progress in
                try quality.measureOutput(before, after, fallback: comparison, record: recording, progress)
            }
        }

        let compresses = options.measuresCompressedSizes && input.byteCount <= ModelFile.compressionLimit
        let (threads, layerSNR) = (threads, quality.layerSNR)
        var report = try stage("measure sizes") { _ in
            var report = Report(
                input: input.summary(compresses: compresses), before: contentBefore.adding(before.plan))
            report.output = output.summary(as: target.path, compresses: compresses)
            report.after = contentAfter.adding(after.plan)
            report.passes = Report.passes(
                pipeline.records, from: input.model.main, layerSNR: layerSNR,
                compressedBy: compresses ? threads : nil)
            return report
        }
        report.notes = remarks(before, input)
        report.evaluation = quality.evaluation
        if let calibration, calibration.wasUsed { report.calibration = calibration.entry }
        report.gates = try checkGates(report)
        complete(&report, pipeline, input.model)
        let files = try reports.map { target in
            let file = try StagedFile(for: target)
            try file.write((ReportForm(path: target.path) ?? .json).text(report))
            return file
        }
        // Their last use: a thread lets them go, which takes a while, and files are put in their places meanwhile.
        _ = pool.submit { [input, output, before, after, result, pipeline] in
            withExtendedLifetime((input, output, before, after, result, pipeline)) {}
        }
        return Product(report: report, model: staged, data: stagedData, reports: files)
    }

    /// Makes a model ready to run, and tells what it holds.
    private static func prepare(
        _ file: ModelFile, isNeeded: Bool, _ pool: ThreadPool
    ) -> (RunnableModel, Report.ModelSummary) {
        guard isNeeded else {
            return pool.both {
                RunnableModel(file, isNeeded: false)
            } _: {
                Report.ModelSummary(contentOf: file.model, threads: pool)
            }
        }
        // All threads pack its weights.
        let model = RunnableModel(file, isNeeded: true, threads: pool)
        return (model, Report.ModelSummary(contentOf: file.model, threads: pool))
    }

    // MARK: Stages

    /// Runs one part of the job, takes its time and tells of it.
    ///
    /// - Parameter body: is given what to call with how much is done and how much there is.
    private mutating func stage<Result>(
        _ name: String, _ body: (@escaping @Sendable (Int, Int) -> Void) throws -> Result
    ) throws -> Result {
        observer(.progress(OptimizationProgress(stage: name)))
        let start = ContinuousClock.now
        let result = try body { [observer] done, total in
            observer(.progress(OptimizationProgress(stage: name, completed: done, total: total)))
        }
        record(name, seconds: (ContinuousClock.now - start).inSeconds)
        return result
    }

    private mutating func record(_ name: String, seconds: Double) {
        stages.append(Report.Stage(name: name, seconds: seconds))
        observer(.finished(stage: name, seconds: seconds))
    }

    /// - Throws: `usage` under `isStrict`.
    mutating func warn(_ message: String) throws(OptimizationError) {
        guard !options.isStrict else {
            throw OptimizationError(.usage, message, at: options.input, remedy: "without --strict this is a warning")
        }
        warnings.append(message)
        observer(.warning(message))
    }

    // MARK: Before the passes

    private func targets() throws(OptimizationError) -> (OutputTarget, [OutputTarget]) {
        let target = try OutputTarget(options.outputPath, replaces: options.replacesOutput)
        var reports: [OutputTarget] = []
        for path in options.reports {
            guard OptimizationOptions.isReportPath(path) else {
                throw OptimizationError(.usage, "a report's name ends in .json or .md", at: path)
            }
            reports.append(try OutputTarget(path, replaces: options.replacesOutput))
        }
        try OutputTarget.check(
            model: target, reports: reports, input: options.input,
            data: [options.calibration, options.evaluation].compactMap(\.self))
        return (target, reports)
    }

    /// - Throws: `usage` if the output is named after the other format, for nothing here converts one into the other. Where
    ///   the input is named so as well, it is the name that is wrong.
    private func checkEnding(of target: OutputTarget, for model: Model) throws(OptimizationError) {
        func names(_ path: String, _ format: ModelFormat) -> Bool { path.lowercased().hasSuffix(".\(format.rawValue)") }
        let other: ModelFormat = model.format == .onnx ? .tflite : .onnx
        guard names(target.path, other), !names(options.input, other) else { return }
        throw OptimizationError(
            .usage, "the model is .\(model.format.rawValue) and the output is named .\(other.rawValue)",
            at: target.path,
            remedy: "a model stays in its format")
    }

    /// - Throws: `output` if the result will have external data, and something stands in its place that is not to be replaced.
    private func checkData(beside target: OutputTarget, for model: Model) throws(OptimizationError) {
        guard let source = model.source as? ONNXSource, source.hasExternalData, !target.replaces else { return }
        _ = try OutputTarget(target.resolvedPath + ".data", replaces: false)
    }

    /// The quantization to do; nil also for a model whose layers are integer already, where the float operators that are
    /// left would only gain conversions around them.
    func quantization(of model: Model) -> OptimizationOptions.Quantization? {
        guard model.main.isQuantized, options.interface == .asInput else { return options.quantization }
        return nil
    }

    /// Whether ranges of activations have to be taken.
    private func needsRanges(_ model: Model) -> Bool {
        options.quantization == .int8 && !model.main.isQuantized && model.main.holdsRealOperators
    }

    /// What takes the outputs that are to be compared while the model is calibrated, so that it need not be run again; nil
    /// where the model that is calibrated is another, or more than outputs is wanted of it.
    private func outputRecord(of input: ModelFile) -> OutputRecord? {
        guard options.comparesModels, !options.comparesLayers, input.isRunnableAsItIs, needsRanges(input.model) else {
            return nil
        }
        return OutputRecord(limit: QualityMeasurement.comparisonLimit)
    }

    /// The samples from which ranges are taken: those given, else made-up ones, which `isStrict` refuses.
    ///
    /// - Parameter obstacle: why the model cannot be run; only asked for where ranges are needed.
    /// - Throws: `unsupported` if ranges are needed and the model cannot be run.
    private mutating func calibrationSource(
        _ data: JobData, _ input: ModelFile, obstacle: String?
    ) throws -> CalibrationSource? {
        let isNeeded = needsRanges(input.model)
        if isNeeded, let obstacle {
            let operators = input.model.main.unknownOperators.filter { !obstacle.contains($0) }
            throw OptimizationError(
                .unsupported,
                "--int8 has to run the model to take ranges, and it cannot be run here: \(obstacle)"
                    + (operators.isEmpty
                        ? "" : "; nor are these operators known here: \(operators.joined(separator: ", "))"),
                at: options.input, remedy: "--dynamic-range and --weight-only need no running")
        }
        if let dataset = data.calibration { return CalibrationSource(dataset) }
        guard isNeeded else { return nil }
        try warn(
            "no calibration data: activation ranges come from made-up samples, which costs accuracy; "
                + "pass --calibrate with real samples")
        return CalibrationSource(try SyntheticSamples(for: input.runnable))
    }

    // MARK: The passes

    private mutating func runPipeline(
        on model: Model, calibration: CalibrationSource?, _ recording: OutputRecord?
    ) throws -> PipelineResult {
        var settings = PipelineSettings()
        settings.passes = OptimizationJob.passes(options, for: model)
        settings.patchLimit = options.patchLimit
        settings.pruning = options.pruning.map { pruning in
            var settings = PruneSettings(sparsity: pruning.sparsity)
            settings.scope = pruning.scope == .global ? .global : .perLayer
            settings.includesDepthwise = pruning.includesDepthwise
            settings.includesFirstAndLast = pruning.includesFirstAndLast
            return settings
        }
        settings.quantization = quantization(of: model).map { mode in
            var settings = QuantizationSettings(
                mode: mode == .int8 ? .int8 : mode == .dynamicRange ? .dynamicRange : .weightOnly)
            settings.interface =
                options.interface == .float ? .float : options.interface == .int8 ? .int8 : .asInput
            settings.convertsInterfaceOnly = model.main.isQuantized
            settings.activations = options.activations.map { $0 == .u8 ? .uint8 : .int8 }
            return settings
        }
        let observer = observer
        let result = try Pipeline.run(
            model, settings: settings, calibration: calibration, threads: threads, record: recording
        ) { progress in
            observer(
                .progress(
                    OptimizationProgress(
                        stage: progress.stage, completed: progress.completed, total: progress.total)))
        }
        for pass in result.records { record(pass.pass, seconds: pass.seconds) }
        return result
    }

    // MARK: After the passes

    /// What was left out because the model is large.
    private func remarks(_ before: RunnableModel, _ input: ModelFile) -> [String]? {
        var notes: [String] = []
        if before.isLeftOut {
            notes.append(
                "as large as the model is, it was not made ready to run: nothing was compared, and neither multiply-adds "
                    + "nor the arena are known; with --evaluate it is run")
        }
        if options.measuresCompressedSizes, input.byteCount > ModelFile.compressionLimit {
            notes.append("as large as the model is, sizes under gzip were not measured")
        }
        return notes.isEmpty ? nil : notes
    }

    private mutating func checkGates(_ report: Report) throws(OptimizationError) -> [Report.Gate] {
        let gates = GateCheck(options.gates, report).gates
        if report.evaluation?.accuracyAfter == nil, gates.contains(where: { $0.unit != "bytes" }) {
            try warn("no accuracy was measured, so the gates on it count as missed")
        }
        return gates
    }

    private func complete(
        _ report: inout Report, _ pipeline: PipelineResult, _ input: Model
    ) {
        report.tool = Report.Tool(version: OptimizationJob.version)
        report.command = options.command
        report.settings = SettingsList.entries(
            options, passes: OptimizationJob.passes(options, for: input), threads: threads.threads)
        report.floatOperators = pipeline.records.flatMap(\.realOperators).map {
            Report.FloatOperator(name: $0.name, operation: $0.operation, reason: $0.reason)
        }
        report.warnings = warnings
        report.stages = stages
    }
}

extension PipelineResult {
    /// The layers that passes changed, as the first of them did, by operator.
    fileprivate var firstLayers: [NodeID: LayerRecord] {
        Dictionary(records.flatMap(\.layers).map { ($0.node, $0) }) { first, _ in first }
    }
}
