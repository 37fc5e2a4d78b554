import OptimizerKit
import Reporting

/// `optimize compare`: where two models, or two ways of running one, differ.
struct CompareCommand {
    private let settings: Settings

    init(_ invocation: Invocation) { settings = invocation.settings }

    func run() -> ExitCode {
        let comparison = ModelComparison(
            models: [settings.model] + (settings.otherModel.map { [$0] } ?? []), numerics: settings.numerics,
            samples: ComparisonSamples(
                arrays: settings.arrays.isEmpty ? nil : settings.arrays, options: settings.optimization),
            extraction: settings.layer.map { layer in
                LayerExtraction(
                    layer: layer, output: settings.output ?? "", replaces: settings.optimization.replacesOutput)
            }, threads: settings.optimization.threads)
        do throws(OptimizationError) {
            let result = try comparison.run()
            if settings.printsJSON { return Entry.print(result.divergence.map(JSONReport.text) ?? "") }
            let writer = TerminalReport(width: Stream.output.tableWidth, usesColor: Stream.output.usesColor)
            let written = result.files.map { "wrote \(PrintableText.escaped($0))\n" }.joined()
            return Entry.print((result.divergence.map(writer.text) ?? "") + written)
        } catch {
            Messages().error(error.description)
            return ExitCode(error.kind)
        }
    }
}
