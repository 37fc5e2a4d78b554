import COnnx
import ModelGraph

/// Writes models as .onnx files.
package enum ONNXWriter {
    package struct Options: Sendable {
        /// Where weights go.
        package enum ExternalData: Sendable {
            /// Into the model's file, unless the model was read with external data or would be larger than protobuf allows.
            case automatic
            /// Into one file beside the model.
            case always
            /// Into the model's file.
            case never
        }

        package var externalData = ExternalData.automatic
        /// Packs all messages anew, even if nothing was changed since the model was read.
        package var rebuilds = false
        /// The largest file without external data; protobuf's own limit is 2³¹ − 1.
        package var maximumByteCount = Int(Int32.max)
        /// Where external data goes; nil for the model's path with `.data` behind it. The model refers to it by its name, so
        /// both have to end up in one folder.
        package var dataPath: String?
        /// Whether a file at `dataPath` may be replaced; nil for the same as the model's.
        package var replacesData: Bool?

        package init() {}
    }

    /// Writes the model, and its external data, if any, to `path` with `.data` behind it.
    ///
    /// Both are complete and on the disk before either gets its name. Data that stands in the place of the new one comes back
    /// if the model cannot be put in its place.
    ///
    /// - Parameter replacing: whether files that are already there may be replaced.
    /// - Throws: `ONNXError` if the model cannot be expressed in ONNX, or a file cannot be written.
    package static func write(
        _ model: Model, to path: String, replacing: Bool, options: Options = Options()
    ) throws(ONNXError) {
        guard !lastComponent(of: path).isEmpty else {
            throw ONNXError(.cannotWrite, "the path names a folder", at: path)
        }
        let file: AtomicFile
        do throws(FileError) { file = try AtomicFile(path, replaces: replacing) } catch { throw ONNXError(error) }
        var options = options
        options.replacesData = options.replacesData ?? replacing
        let data = try write(model, into: file, options: options)
        do throws(FileError) {
            if let data { try AtomicFile.commit(data, file) } else { try file.commit() }
        } catch {
            throw ONNXError(error)
        }
    }

    /// Writes the model into a file that is not yet in its place.
    ///
    /// - Returns: the file with external data, if there is any, to commit together with the model's.
    /// - Throws: `ONNXError` if the model cannot be expressed in ONNX, or a file cannot be written.
    package static func write(
        _ model: Model, into file: AtomicFile, options: Options = Options()
    ) throws(ONNXError) -> AtomicFile? {
        let source = model.source as? ONNXSource
        let mapped = source.map { [$0.file] + $0.externalFiles.values } ?? []
        file.sources = mapped
        if let source, !options.rebuilds, options.externalData != .always, !source.hasExternalData,
            source.isUnchanged(model.main)
        {
            do throws(FileError) { try file.write(source.file.bytes) } catch { throw ONNXError(error) }
            return nil
        }
        let dataPath = options.dataPath ?? file.path + ".data"
        let encoder = try ModelEncoder(model)
        var root = try encoder.encode()
        var data: ExternalDataWriter?
        if options.externalData == .never {
            root = try TensorRelocation(encoder, to: .inline).rewritten(root)
        } else if options.externalData == .always || source?.hasExternalData == true
            || onnx_packed_byte_count(root.pointer) > options.maximumByteCount
        {
            let writer = ExternalDataWriter(location: lastComponent(of: dataPath))
            root = try TensorRelocation(encoder, to: .file(writer)).rewritten(root)
            data = writer
        }
        let size = onnx_packed_byte_count(root.pointer)
        guard size <= options.maximumByteCount else {
            throw ONNXError(
                .cannotWrite,
                "the model takes \(size) bytes, more than the \(options.maximumByteCount) that one file may have",
                at: file.path, remedy: options.externalData == .never ? "let it have external data" : nil)
        }
        defer { withExtendedLifetime(encoder) {} }
        if data?.pieces.isEmpty ?? true { data = nil }
        if data != nil { try checkIsNotRead(dataPath, by: source, writing: file.path) }
        do throws(FileError) {
            var dataFile: AtomicFile?
            if let data {
                let file = try AtomicFile(dataPath, replaces: options.replacesData ?? false)
                file.sources = mapped
                try data.write(to: file)
                dataFile = file
            }
            try file.write(root)
            return dataFile
        } catch {
            throw ONNXError(error)
        }
    }

    private static func lastComponent(of path: String) -> String {
        String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }

    /// - Throws: `ONNXError` if the file holds data of the model that was read, and that model is not the one to replace.
    private static func checkIsNotRead(
        _ path: String, by source: ONNXSource?, writing modelPath: String
    ) throws(ONNXError) {
        guard let source, let data = ExternalFiles.resolve(path),
            ExternalFiles.resolve(modelPath) != ExternalFiles.resolve(source.file.path)
        else { return }
        guard !source.externalFiles.values.contains(where: { $0.path == data }) else {
            throw ONNXError(
                .cannotWrite, "the file belongs to the model that was read", at: path, remedy: "choose another name")
        }
    }

    /// The model as one file. External data stays where it is.
    ///
    /// - Throws: `ONNXError` if the model cannot be expressed in ONNX, or is larger than one file may be.
    package static func bytes(of model: Model, options: Options = Options()) throws(ONNXError) -> [UInt8] {
        if let source = model.source as? ONNXSource, !options.rebuilds, source.isUnchanged(model.main) {
            return Array(source.file.bytes)
        }
        let encoder = try ModelEncoder(model)
        let root = try encoder.encode()
        let size = onnx_packed_byte_count(root.pointer)
        guard size <= options.maximumByteCount else {
            throw ONNXError(.cannotWrite, "the model takes \(size) bytes, more than one file may have")
        }
        final class Collector { var bytes: [UInt8] = [] }
        let collector = Collector()
        collector.bytes.reserveCapacity(size)
        let isWritten = onnx_write(
            root.pointer,
            { context, data, count in
                guard let context else { return false }
                let collector = Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
                collector.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: count))
                return true
            }, Unmanaged.passUnretained(collector).toOpaque())
        withExtendedLifetime(encoder) {}
        guard isWritten else { throw ONNXError(.cannotWrite, "the model cannot be packed") }
        return collector.bytes
    }
}
