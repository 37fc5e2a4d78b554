import OptimizerKit
import Reporting
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `optimize FOLDER -o OUT`: every model below a folder, each in a process of its own, so that none can harm another.
struct FolderCommand {
    private let invocation: Invocation
    private let settings: Settings
    private let arguments: [String]
    private let messages: Messages
    private let bar: ProgressBar?

    init(_ invocation: Invocation, arguments: [String]) {
        self.invocation = invocation
        self.arguments = arguments
        settings = invocation.settings
        bar = settings.isQuiet ? nil : ProgressBar.onTerminal()
        messages = Messages(isQuiet: settings.isQuiet, isVerbose: settings.isVerbose, progress: bar)
    }

    func run() async -> ExitCode {
        guard let output = settings.output else {
            return Entry.refuse(
                UsageError(
                    "a folder needs -o OUTPUT_FOLDER", hint: "The results are written there, in the same structure."),
                arguments)
        }
        let folder = Self.withoutSlashes(settings.model)
        do throws(OptimizationError) {
            let files = try prepare(output, input: folder)
            var finder = ModelFinder(excluding: FilePath.look(at: output)?.identity)
            do throws(ModelFinder.UnreadableFolder) { try finder.search(folder) } catch {
                messages.error("\(folder): \(error.message)")
                return .unreadable
            }
            for remark in finder.remarks { messages.warning(remark) }
            guard !finder.models.isEmpty else {
                messages.error("\(folder): there is no model in this folder")
                return .unreadable
            }
            guard !finder.models.contains(Self.summaryName) else {
                messages.error("\(folder): a model named \(Self.summaryName) would be overwritten by the summary")
                return .usage
            }
            return try await convert(finder.models, from: folder, to: Self.withoutSlashes(output), files)
        } catch {
            bar?.finish()
            messages.error(error.description)
            return ExitCode(error.kind)
        }
    }

    static let summaryName = "summary.json"

    /// Checks what is to be written, and makes the output folder if only that is missing.
    private func prepare(_ output: String, input: String) throws(OptimizationError) -> [OutputTarget] {
        if let found = FilePath.look(at: output) {
            guard found.kind == .folder else {
                throw OptimizationError(.output, "the output of a folder must be a folder", at: output)
            }
            guard found.identity != FilePath.look(at: input)?.identity else {
                throw OptimizationError(.usage, "the output folder is the input folder", at: output)
            }
        } else if mkdir(output, 0o777) != 0 {
            throw OptimizationError(
                .output, "the folder cannot be created: \(SystemMessage.text(errno))", at: output)
        }
        let replaces = settings.optimization.replacesOutput
        var targets = [try OutputTarget(Self.withoutSlashes(output) + "/" + Self.summaryName, replaces: replaces)]
        for path in settings.optimization.reports { targets.append(try OutputTarget(path, replaces: replaces)) }
        return targets
    }

    private func convert(
        _ models: [String], from folder: String, to output: String, _ files: [OutputTarget]
    ) async throws(OptimizationError) -> ExitCode {
        let start = ContinuousClock.now
        let stopSignal = Mutex<Int32?>(nil)
        let worker = ModelProcess(
            invocation, folder: folder, output: output, timeout: settings.timeout.map { .seconds($0) })
        let conversion = Task { [bar, messages, jobs = settings.jobs] in
            await Self.runAll(models, jobs: jobs, worker, bar, messages)
        }
        Interruption.handleFirst { number in
            stopSignal.withLock { $0 = number }
            conversion.cancel()
        }
        let entries = await conversion.value
        bar?.finish()
        OutputFolders.removeEmpty(below: output, of: models)
        var report = FolderReport(
            input: folder, output: output, models: entries, seconds: (ContinuousClock.now - start).inSeconds)
        report.tool.version = OptimizationJob.version
        report.command = ["optimize"] + arguments
        for target in files {
            let file = try StagedFile(for: target)
            try file.write((ReportForm(path: target.path) ?? .json).text(report))
            try file.commit()
        }
        let printed = printResult(report)
        if let number = stopSignal.withLock({ $0 }) { Interruption.end(by: number) }
        guard printed == .done else { return printed }
        if report.totals.failed + report.totals.skipped > 0 { return .folderFailed }
        return report.totals.gate > 0 ? .gateFailed : .done
    }

    /// Converts the models, so many at a time; those that were not begun when the run is stopped are `skipped`.
    private static func runAll(
        _ models: [String], jobs: Int, _ worker: ModelProcess, _ bar: ProgressBar?, _ messages: Messages
    ) async -> [FolderReport.Entry] {
        await withTaskGroup(of: FolderReport.Entry.self) { group in
            var waiting = models[...]
            var entries: [FolderReport.Entry] = []
            func begin() {
                while let path = waiting.popFirst() {
                    guard !Task.isCancelled else {
                        entries.append(.init(path: path, status: .skipped, message: "not begun: the run was stopped"))
                        continue
                    }
                    group.addTask { await worker.convert(path) }
                    return
                }
            }
            func show() {
                bar?.show(OptimizationProgress(stage: "models", completed: entries.count, total: models.count))
            }
            show()
            for _ in 0..<jobs { begin() }
            while let entry = await group.next() {
                entries.append(entry)
                if entry.status == .failed, !Task.isCancelled {
                    messages.warning("\(entry.path): \(entry.message ?? "failed")")
                }
                messages.note("\(entry.path): \(entry.status.rawValue)")
                show()
                begin()
            }
            return entries
        }
    }

    private func printResult(_ report: FolderReport) -> ExitCode {
        if settings.printsJSON { return Entry.print(JSONReport.text(report)) }
        guard !settings.isQuiet else { return .done }
        let writer = TerminalReport(width: Stream.output.width, usesColor: Stream.output.usesColor)
        return Entry.print(writer.text(report))
    }

    private static func withoutSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        return String(path)
    }
}
