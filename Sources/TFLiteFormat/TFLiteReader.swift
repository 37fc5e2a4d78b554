import CTFLite
import ModelGraph

/// Reads .tflite files: every graph, with its constants as slices of the mapped file.
package enum TFLiteReader {
    /// Whether the file says of itself that it is a .tflite file.
    package static func isTFLite(_ file: MappedFile) -> Bool {
        file.bytes.count >= 8 && file.bytes[4..<8].elementsEqual("TFL3".utf8)
    }

    /// The model in the file.
    ///
    /// Every index, size and shape of the result has been checked against the file, and every graph is valid.
    ///
    /// - Throws: `notTFLite` for a file of another kind, `malformed` with the place of what is wrong, `unsupported` for
    ///   a newer version of the format or an element type that we do not know.
    package static func read(_ file: MappedFile) throws(TFLiteError) -> Model {
        guard isTFLite(file), let start = file.bytes.bindMemory(to: UInt8.self).baseAddress else {
            throw TFLiteError(.notTFLite, "not a TensorFlow Lite model", at: file.path)
        }
        let report = ctf_verify(start, file.bytes.count)
        guard report.status == CTF_VALID else { throw error(report, file) }
        let budget = ReadingBudget(for: file)
        let reading = ModelReading(file: file, root: FlatTable(ctf_root(start), budget: budget))
        do throws(TFLiteError) {
            var model = try reading.model()
            guard !budget.isExhausted else {
                throw TFLiteError(.malformed, "the tables share so much that they would not fit in memory")
            }
            let unknown = report.unknown_fields > 0 ? string(report.unknown) : nil
            model.source = TFLiteSource(
                file: file, original: model, extent: Int(report.extent), unknownField: unknown)
            return withExtendedLifetime(file) { model }
        } catch {
            // With the budget exhausted, what is missing is ours, not the file's.
            var error =
                budget.isExhausted
                ? TFLiteError(.malformed, "the tables share so much that they would not fit in memory") : error
            error.location = [file.path, error.location].compactMap(\.self).joined(separator: ": ")
            throw error
        }
    }

    private static func error(_ report: ctf_report, _ file: MappedFile) -> TFLiteError {
        let message = string(report.message)
        let place = "\(file.path), byte \(report.offset)"
        return switch report.status {
        case CTF_UNKNOWN_MEMBER:
            TFLiteError(.unsupported, message, at: place, remedy: "the file is from a newer version of the format")
        case CTF_OUT_OF_MEMORY: TFLiteError(.unsupported, message, at: file.path)
        default:
            TFLiteError(.malformed, message, at: place, remedy: "the file is damaged or incomplete")
        }
    }

    private static func string<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
