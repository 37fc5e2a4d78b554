import OptimizerKit
import Reporting

/// `optimize inspect`: what a model is made of.
struct InspectCommand {
    private let settings: Settings

    init(_ invocation: Invocation) { settings = invocation.settings }

    func run() -> ExitCode {
        do throws(OptimizationError) {
            let inspection = try ModelInspection(model: settings.model, shapes: settings.optimization.shapes).run()
            if settings.printsJSON { return Entry.print(JSONReport.text(inspection)) }
            let writer = TerminalReport(width: Stream.output.tableWidth, usesColor: Stream.output.usesColor)
            return Entry.print(writer.text(inspection))
        } catch {
            Messages().error(error.description)
            return ExitCode(error.kind)
        }
    }
}
