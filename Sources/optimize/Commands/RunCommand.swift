import OptimizerKit

/// `optimize run`: a model on given arrays.
struct RunCommand {
    private let settings: Settings

    init(_ invocation: Invocation) { settings = invocation.settings }

    func run() -> ExitCode {
        let run = ModelRun(
            model: settings.model, arrays: settings.arrays, output: settings.output ?? "",
            replacesOutput: settings.optimization.replacesOutput, threads: settings.optimization.threads,
            numerics: settings.numerics.first)
        do throws(OptimizationError) {
            let outputs = try run.run()
            return Entry.print(outputs.map { PrintableText.escaped($0.description) + "\n" }.joined())
        } catch {
            Messages().error(error.description)
            return ExitCode(error.kind)
        }
    }
}
