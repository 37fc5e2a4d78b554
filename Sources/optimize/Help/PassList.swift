import OptimizerKit

/// The passes as the help shows them, read from the pipeline's own list.
enum PassList {
    static func lines(width: Int) -> [String] {
        let column = 2 + (OptimizationJob.passes.map(\.name.count).max() ?? 0) + 2
        return OptimizationJob.passes.flatMap { pass -> [String] in
            let parts = HelpText.wrapped(pass.summary, width: width - column)
            let head = "  \(pass.name)" + String(repeating: " ", count: column - 2 - pass.name.count)
            return [head + (parts.first ?? "")]
                + parts.dropFirst().map { String(repeating: " ", count: column) + $0 }
        }
    }
}
