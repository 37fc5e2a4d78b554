import Reporting

/// What a job made.
public struct OptimizationResult: Sendable {
    package var report: Report

    package init(report: Report) { self.report = report }

    /// The written file.
    public var outputPath: String { report.output?.path ?? "" }
    public var inputBytes: Int { report.input.bytes }
    public var outputBytes: Int { report.output?.bytes ?? 0 }
    /// Top-1 of the input model, in 0…1; nil if there were no labelled samples.
    public var accuracyBefore: Double? { report.evaluation?.accuracyBefore?.top1 }
    /// Top-1 of the written file.
    public var accuracyAfter: Double? { report.evaluation?.accuracyAfter?.top1 }
    public var warnings: [String] { report.warnings }
    /// The names of the gates that the result missed: `max-drop`.
    public var missedGates: [String] { report.gates.filter { !$0.passed }.map(\.name) }
    /// The whole report, versioned.
    public var json: String { JSONReport.text(report) }
    public var markdown: String { MarkdownReport.text(report) }
}
