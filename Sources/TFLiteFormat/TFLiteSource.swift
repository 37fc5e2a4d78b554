import CTFLite
import ModelGraph

/// What is kept of the .tflite file that a model was read from: the file, and the model as it was read, which tells the
/// writer what has changed since.
final class TFLiteSource: ModelSource {
    let format = ModelFormat.tflite
    let file: MappedFile
    /// As read; has no source of its own.
    let original: Model
    /// The first byte behind the tables and all that they hold.
    let extent: Int
    /// A field that the file gives and the schema does not know, such as `Tensor field 11`; nil if there is none.
    let unknownField: String?

    init(file: MappedFile, original: Model, extent: Int, unknownField: String?) {
        self.file = file
        self.original = original
        self.extent = extent
        self.unknownField = unknownField
    }

    /// The root of the file's tables, which live as long as the file.
    var rootTable: FlatTable {
        let budget = ReadingBudget(unlimitedFor: file)
        guard let start = file.bytes.bindMemory(to: UInt8.self).baseAddress else {
            return FlatTable(absent: "Model", budget: budget)
        }
        return FlatTable(ctf_root(start), budget: budget)
    }
}
