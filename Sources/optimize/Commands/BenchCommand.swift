import OptimizerKit
import Reporting

/// `optimize bench`: how fast a model runs.
struct BenchCommand {
    private let settings: Settings

    init(_ invocation: Invocation) { settings = invocation.settings }

    func run() -> ExitCode {
        let benchmark = ModelBenchmark(
            model: settings.model, shapes: settings.optimization.shapes, threads: settings.optimization.threads,
            numerics: settings.numerics.first, batch: settings.batch, measuresLayers: settings.measuresLayers,
            seconds: settings.seconds)
        do throws(OptimizationError) {
            let result = try benchmark.run()
            if settings.printsJSON { return Entry.print(JSONReport.text(result)) }
            let writer = TerminalReport(width: Stream.output.tableWidth, usesColor: Stream.output.usesColor)
            return Entry.print(writer.text(result))
        } catch {
            Messages().error(error.description)
            return ExitCode(error.kind)
        }
    }
}
