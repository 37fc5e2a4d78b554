#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reports as JSON: keys sorted, indented, one final newline.
package enum JSONReport {
    package static func text(_ report: Report) -> String { encode(report) }
    package static func text(_ report: FolderReport) -> String { encode(report) }
    package static func text(_ inspection: Inspection) -> String { encode(inspection) }
    package static func text(_ benchmark: Benchmark) -> String { encode(benchmark) }
    package static func text(_ divergence: Divergence) -> String { encode(divergence) }

    /// - Throws: `ReportError` if the text is no report, or one of a version that is not known.
    package static func report(from text: String) throws(ReportError) -> Report {
        let report: Report
        do { report = try JSONDecoder().decode(Report.self, from: Data(text.utf8)) } catch {
            throw ReportError(message: "this is not a report: \(error)")
        }
        guard report.version <= Report.currentVersion else {
            throw ReportError(
                message: "the report has version \(report.version), and \(Report.currentVersion) is known")
        }
        return report
    }

    private static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Times are the only numbers outside of `Finite`; a clock that goes wrong must not cost the report.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "infinity", negativeInfinity: "-infinity", nan: "nan")
        do { return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n" } catch {
            // The values hold numbers, strings, lists and dictionaries only, all of which JSON can hold.
            preconditionFailure("a report cannot be encoded: \(error)")
        }
    }
}
