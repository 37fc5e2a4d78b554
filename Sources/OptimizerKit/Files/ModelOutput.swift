import ModelGraph
import ONNXFormat
import TFLiteFormat

/// Writes a model in its format.
struct ModelOutput {
    /// How integer operators are spelled in a .onnx; nil for the way of the input, or QDQ.
    var form: QuantizedForm.Form?
    /// Where external data goes, if there is any, so that the model finds it under its final name.
    var dataPath: String
    var replacesData: Bool

    /// - Throws: a `ModelError` if the model cannot be written.
    func write(_ model: Model, to path: String) throws {
        switch model.format {
        case .tflite: try TFLiteWriter.write(model, to: path, replacing: false)
        case .onnx:
            var model = model
            model.main = try QuantizedForm.expand(model.main, form: form ?? QuantizedForm.form(of: model))
            var options = ONNXWriter.Options()
            options.dataPath = dataPath
            options.replacesData = replacesData
            try ONNXWriter.write(model, to: path, replacing: false, options: options)
        }
    }
}
