import OptimizerKit
import Reporting

/// `optimize MODEL`: one model.
struct OptimizeCommand {
    private let settings: Settings
    private let options: OptimizationOptions

    init(_ invocation: Invocation, arguments: [String]) {
        settings = invocation.settings
        var options = invocation.settings.optimization
        options.command = ["optimize"] + arguments
        // Zeros show in nothing else. Without them compression says little that the file's own size does not.
        let tellsAll = !options.reports.isEmpty || invocation.settings.printsJSON
        options.measuresCompressedSizes = options.pruning != nil || tellsAll
        // The summary has no layers, and without it nobody sees how far the models are from each other.
        options.comparesLayers = tellsAll
        options.comparesModels = tellsAll || !invocation.settings.isQuiet
        self.options = options
    }

    func run() -> ExitCode {
        let bar = settings.isQuiet ? nil : ProgressBar.onTerminal()
        let messages = Messages(isQuiet: settings.isQuiet, isVerbose: settings.isVerbose, progress: bar)
        let result: OptimizationResult
        do throws(OptimizationError) {
            result = try OptimizationJob(options).run { event in
                switch event {
                case .progress(let progress): bar?.show(progress)
                case .warning(let text): messages.warning(text)
                case .finished(let stage, let seconds): messages.note("\(stage) took \(Self.milliseconds(seconds)) ms")
                }
            }
        } catch {
            bar?.finish()
            messages.error(error.description)
            return ExitCode(error.kind)
        }
        bar?.finish()
        let printed = printResult(result)
        guard printed == .done else { return printed }
        guard result.missedGates.isEmpty else {
            let missed = result.report.gates.filter { !$0.passed }.map { "--\($0.name) (\($0.figures))" }
            messages.error("missed \(Option.list(missed, last: "and")); the result is written")
            return .gateFailed
        }
        return .done
    }

    private func printResult(_ result: OptimizationResult) -> ExitCode {
        if settings.printsJSON { return Entry.print(result.json) }
        guard !settings.isQuiet else { return .done }
        var report = result.report
        // On one screen they would stand twice.
        if Stream.output.isTerminal, Stream.error.isTerminal { report.warnings = [] }
        let writer = TerminalReport(width: Stream.output.width, usesColor: Stream.output.usesColor)
        return Entry.print(writer.text(report))
    }

    private static func milliseconds(_ seconds: Double) -> Int { Int((min(max(seconds, 0), 1e12) * 1000).rounded()) }
}
