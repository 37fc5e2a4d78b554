import ModelGraph
import ONNXFormat
import TFLiteFormat

/// Writes a model in its format.
struct ModelOutput {
    /// How integer operators are spelled in a .onnx; nil for the way of the input, or QDQ.
    var form: QuantizedForm.Form?
    /// Whether external data that stands beside the target may be replaced.
    var replacesData: Bool

    /// Writes to where the target's file is until it is committed.
    ///
    /// - Returns: the file with external data, if there is any, to commit together with the model's.
    /// - Throws: a `ModelError` if the model cannot be written.
    func write(_ model: Model, to staged: StagedFile) throws -> StagedFile? {
        try StagedFiles.protecting {
            var data: AtomicFile?
            switch model.format {
            case .tflite: try TFLiteWriter.write(model, into: staged.file)
            case .onnx:
                var model = model
                model.main = try QuantizedForm.expand(model.main, form: form ?? QuantizedForm.form(of: model))
                var options = ONNXWriter.Options()
                options.replacesData = replacesData
                data = try ONNXWriter.write(model, into: staged.file, options: options)
            }
            try data?.complete()
            try staged.file.complete()
            return try data.map(StagedFile.init)
        }
    }
}
