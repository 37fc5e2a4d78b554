import Evaluation
import ModelGraph
import Reporting
import TFLiteFormat

/// A model and the file that it was read from.
package struct ModelFile: Sendable {
    package let path: String
    package let model: Model
    let file: MappedFile

    /// - Throws: `unreadable` for what is no valid model, saying what it seems to be; `unsupported` for .onnx.
    package init(path: String) throws(OptimizationError) {
        self.path = path
        // Opening a pipe would wait for its writer.
        if FilePath.look(at: path)?.kind == .other {
            throw OptimizationError(.unreadable, "this is not a regular file", at: path)
        }
        do throws(FileError) { file = try MappedFile(path: path) } catch {
            if FilePath.isFolder(path) {
                throw OptimizationError(.unreadable, "this is a folder, and one model file is needed", at: path)
            }
            throw OptimizationError(error)
        }
        switch FileContent(file) {
        case .tflite: break
        case .onnx:
            throw OptimizationError(
                .unsupported, "this is an ONNX model, which this version cannot read", at: path,
                remedy: "only .tflite models can be optimized so far")
        case .empty: throw OptimizationError(.unreadable, "the file is empty", at: path)
        case .other(let kind):
            throw OptimizationError(.unreadable, "this is not a .tflite model; it seems to be \(kind)", at: path)
        case .unknown: throw OptimizationError(.unreadable, "this is not a .tflite model", at: path)
        }
        do throws(TFLiteError) { model = try TFLiteReader.read(file) } catch { throw OptimizationError(error) }
        guard !model.graphs.isEmpty else { throw OptimizationError(.unreadable, "the model holds no graph", at: path) }
    }

    /// Whether the file's content is that of a model of a format that is known by it.
    package static func isModel(path: String) -> Bool {
        guard let file = try? MappedFile(path: path) else { return false }
        let content = FileContent(file)
        return content == .tflite || content == .onnx
    }

    /// - Parameter path: the name to show, if it is not the file's own.
    func summary(as path: String? = nil) -> Report.FileSummary {
        withExtendedLifetime(file) {
            Report.FileSummary(
                path: path ?? self.path, format: model.format.rawValue, bytes: file.bytes.count,
                gzipBytes: CompressedSize.gzip(of: file.bytes))
        }
    }
}
