import Evaluation
import ModelGraph
import ONNXFormat
import Reporting
import TFLiteFormat

/// A model and the file that it was read from.
package struct ModelFile: Sendable {
    package let path: String
    /// The model with integer operators as the graph has them, however the file spells them.
    package let model: Model
    /// The model as its file has it.
    let original: Model
    /// The model to run: as its file has it, with the shapes that follow. The runtime fuses what the engine of the
    /// format fuses.
    package let runnable: Model
    let file: MappedFile

    /// - Parameters:
    ///   - shapes: extents for inputs that the file leaves open.
    ///   - data: a file with external data that is not yet in its place.
    /// - Throws: `unreadable` for what is no valid model, saying what it seems to be; `usage` for shapes that do not fit.
    package init(
        path: String, shapes: [OptimizationOptions.InputShape] = [], data: AtomicFile? = nil
    ) throws(OptimizationError) {
        self.path = path
        // Opening a pipe would wait for its writer.
        if FilePath.look(at: path)?.kind == .other {
            throw OptimizationError(.unreadable, "this is not a regular file", at: path)
        }
        do throws(FileError) { file = try MappedFile(path: path, staysOpen: true) } catch {
            if FilePath.isFolder(path) {
                throw OptimizationError(.unreadable, "this is a folder, and one model file is needed", at: path)
            }
            throw OptimizationError(error)
        }
        var model: Model
        switch FileContent(file) {
        case .tflite:
            do throws(TFLiteError) { model = try TFLiteReader.read(file) } catch { throw OptimizationError(error) }
        case .onnx:
            var external: [String: MappedFile] = [:]
            do throws(FileError) {
                if let data {
                    external[FilePath.split(data.path).name] = try MappedFile(path: data.temporaryPath)
                }
            } catch {
                throw OptimizationError(error)
            }
            do throws(ONNXError) { model = try ONNXReader.read(file, externalFiles: external) } catch {
                throw OptimizationError(error)
            }
        case .empty: throw OptimizationError(.unreadable, "the file is empty", at: path)
        case .other(let kind):
            throw OptimizationError(
                .unreadable, "this is neither a .tflite nor a .onnx model; it seems to be \(kind)", at: path)
        case .unknown: throw OptimizationError(.unreadable, "this is neither a .tflite nor a .onnx model", at: path)
        }
        guard !model.graphs.isEmpty else { throw OptimizationError(.unreadable, "the model holds no graph", at: path) }
        if !shapes.isEmpty { model.main = try model.main.fixingInputs(shapes, at: path) }
        original = model
        if model.format == .onnx { model.main = ShapeInference.complete(model.main) }
        runnable = model
        if model.format == .onnx {
            do throws(GraphError) { model.main = try QuantizedForm.fuse(model.main) } catch {
                throw OptimizationError(error)
            }
        }
        self.model = model
    }

    /// The format of a file, by its content; nil for what is no model.
    package static func format(path: String) -> ModelFormat? {
        guard let file = try? MappedFile(path: path) else { return nil }
        switch FileContent(file) {
        case .tflite: return .tflite
        case .onnx: return .onnx
        default: return nil
        }
    }

    /// Whether the file's content is that of a model of a format that is known by it.
    package static func isModel(path: String) -> Bool { format(path: path) != nil }

    /// Larger models are not compressed to tell their sizes: it takes a minute for each gigabyte.
    static let compressionLimit = 128 << 20

    /// Whether the model to run has the operators that passes see. Where some are integer ones, it has more.
    var isRunnableAsItIs: Bool { model.main.order == runnable.main.order }

    /// Bytes of the model, with those of the files beside it that hold its weights.
    var byteCount: Int { files.reduce(0) { $0 + $1.bytes.count } }

    /// The model's file and those beside it that hold its weights.
    private var files: [MappedFile] { [file] + ((model.source as? ONNXSource)?.dataFiles ?? []) }

    /// - Parameters:
    ///   - path: the name to show, if it is not the file's own.
    ///   - compresses: whether to measure the size under gzip, which takes about as long as writing a file of that size
    ///     thirty times.
    func summary(as path: String? = nil, compresses: Bool) -> Report.FileSummary {
        Report.FileSummary(
            path: path ?? self.path, format: model.format.rawValue, bytes: byteCount,
            gzipBytes: compresses
                ? files.reduce(0) { sum, file in
                    withExtendedLifetime(file) { sum + CompressedSize.gzip(of: file.bytes) }
                } : nil)
    }
}
