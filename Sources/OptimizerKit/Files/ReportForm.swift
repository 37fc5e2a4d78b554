import Reporting

/// The forms in which a report can be written, told by the file's name.
package enum ReportForm: String, Sendable, CaseIterable {
    case json
    case markdown = "md"

    package init?(path: String) {
        let name = FilePath.split(path).name.lowercased()
        guard let form = ReportForm.allCases.first(where: { name.hasSuffix("." + $0.rawValue) }) else { return nil }
        self = form
    }

    package func text(_ report: Report) -> String {
        switch self {
        case .json: JSONReport.text(report)
        case .markdown: MarkdownReport.text(report)
        }
    }

    package func text(_ report: FolderReport) -> String {
        switch self {
        case .json: JSONReport.text(report)
        case .markdown: MarkdownReport.text(report)
        }
    }
}
