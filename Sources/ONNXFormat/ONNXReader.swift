import COnnx
import ModelGraph

/// Reads .onnx files.
package enum ONNXReader {
    /// Whether the file looks like a model: well-formed fields of a ModelProto, a graph among them.
    package static func isONNX(_ file: MappedFile) -> Bool {
        guard let start = file.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
        return onnx_is_model(start, file.bytes.count)
    }

    /// The model, with its main graph as the only one: subgraphs stay inside the operators that run them, and so do
    /// functions and training graphs inside the file's messages. All of them are written again as they were.
    ///
    /// - Parameter externalFiles: files with external data that are not where the model says, by their location in it.
    /// - Throws: `ONNXError` if the file is not a valid model.
    package static func read(
        _ file: MappedFile, externalFiles: [String: MappedFile] = [:]
    ) throws(ONNXError) -> Model {
        let source = try ONNXSource(file)
        var reader: GraphReader
        do throws(ONNXError) {
            reader = try GraphReader(source, externalFiles: externalFiles)
            source.original = try reader.read()
        } catch {
            var error = error
            error.location = error.location.map { "\(file.path), \($0)" } ?? file.path
            throw error
        }
        source.origins = reader.origins
        source.externalFiles = reader.tensors.externalFiles.files
        return Model(format: .onnx, graphs: [source.original], source: source)
    }
}
