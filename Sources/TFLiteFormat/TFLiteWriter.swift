import ModelGraph

/// Writes .tflite files.
///
/// What was not changed since it was read is taken from the file it was read from: a model without any change is that
/// file, byte for byte; otherwise unchanged tables are copied with all their fields, and changed ones keep the fields
/// that we do not model. Equal tables, vectors, texts and weights are written once.
package enum TFLiteWriter {
    /// Writes beside the target, flushes, and renames, so that the target is whole or not there.
    ///
    /// - Throws: `cannotWrite` if the target exists and is not to be replaced, or the system refuses;
    ///   `unsupported` if the format has no form for something in the model.
    package static func write(_ model: Model, to path: String, replacing: Bool) throws(TFLiteError) {
        let pieces = try pieces(of: model, options: WritingOptions())
        do throws(FileError) {
            let file = try AtomicFile(path, replaces: replacing)
            try write(pieces, of: model, into: file)
            try file.commit()
        } catch {
            throw TFLiteError(error)
        }
    }

    /// Writes the model into a file that is not yet in its place.
    ///
    /// - Throws: `cannotWrite` if the system refuses; `unsupported` if the format has no form for something in the model.
    package static func write(_ model: Model, into file: AtomicFile) throws(TFLiteError) {
        let pieces = try pieces(of: model, options: WritingOptions())
        do throws(FileError) { try write(pieces, of: model, into: file) } catch { throw TFLiteError(error) }
    }

    private static func write(_ pieces: [OutputPiece], of model: Model, into file: AtomicFile) throws(FileError) {
        file.sources = (model.source?.file).map { [$0] } ?? []
        let parts = pieces.map(\.data)
        for start in stride(from: 0, to: parts.count, by: Self.partsAtOnce) {
            let some = parts[start..<min(start + Self.partsAtOnce, parts.count)]
            try TensorData.withUnsafeBytes(of: some) { bytes throws(FileError) in try file.write(bytes) }
        }
    }

    /// Parts whose bytes are held at once while they are written.
    private static let partsAtOnce = 64

    /// The bytes that `write` would write.
    package static func bytes(of model: Model) throws(TFLiteError) -> [UInt8] {
        try bytes(of: model, options: WritingOptions())
    }

    static func bytes(of model: Model, options: WritingOptions) throws(TFLiteError) -> [UInt8] {
        let pieces = try pieces(of: model, options: options)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.byteCount })
        for piece in pieces { piece.data.withUnsafeBytes { bytes.append(contentsOf: $0) } }
        return bytes
    }

    static func pieces(of model: Model, options: WritingOptions) throws(TFLiteError) -> [OutputPiece] {
        guard model.format == .tflite else {
            throw TFLiteError(
                .unsupported, "a model of the \(model.format.rawValue) format cannot be written as .tflite")
        }
        let source = model.source as? TFLiteSource
        if let source {
            if options.copiesUnchanged, model.isUnchanged(since: source.original) {
                return [.data(TensorData(mapped: source.file, range: 0..<source.file.bytes.count))]
            }
            if let field = source.unknownField {
                throw TFLiteError(
                    .unsupported, "the file has something that this version does not know (\(field)) and would lose",
                    at: source.file.path, remedy: "the file is from a newer version of the format")
            }
        }
        let writing = try ModelWriting(model: model, source: source, options: options)
        return try withExtendedLifetime(source) { () throws(TFLiteError) in try writing.pieces() }
    }
}

extension TFLiteError {
    /// The error of a file that cannot be written.
    init(_ error: FileError) { self.init(.cannotWrite, error.message, at: error.path, remedy: error.remedy) }
}

/// How a model is written; anything but the standard is for tests.
struct WritingOptions {
    /// Whether a model that was not changed is a copy of its file.
    var copiesUnchanged = true
    /// How far the tables and what they hold may reach. References are 31 bits wide.
    var structureLimit = Int(Int32.max) - 64
}

/// A part of a file to be.
enum OutputPiece {
    case bytes([UInt8])
    case data(TensorData)
    /// So many zero bytes.
    case padding(Int)

    var byteCount: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .data(let data): data.byteCount
        case .padding(let count): count
        }
    }

    var data: TensorData {
        switch self {
        case .bytes(let bytes): TensorData(bytes: bytes)
        case .data(let data): data
        case .padding(let count): TensorData(bytes: [UInt8](repeating: 0, count: count))
        }
    }
}
