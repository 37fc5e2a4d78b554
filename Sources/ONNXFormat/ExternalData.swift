import COnnx
import ModelGraph

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where a tensor keeps its data outside the model's file.
struct ExternalReference {
    var location: String
    var offset: Int
    /// nil for all that follows the offset.
    var length: Int?

    /// - Throws: `ONNXError` if the tensor's entries are not complete or not numbers.
    init(_ tensor: Message) throws(ONNXError) {
        var entries: [String: String] = [:]
        for entry in tensor.children(ONNX_TENSOR_EXTERNAL_DATA) {
            entries[entry.text(ONNX_STRING_STRING_ENTRY_KEY)] = try entry.name(ONNX_STRING_STRING_ENTRY_VALUE)
        }
        guard let location = entries["location"] else {
            throw ONNXError(.externalData, "the tensor's data is external, but no location is given")
        }
        func number(_ key: String) throws(ONNXError) -> Int? {
            guard let text = entries[key] else { return nil }
            guard let number = Int(text), number >= 0 else {
                throw ONNXError(.externalData, "the \(key) of external data is '\(text)'")
            }
            return number
        }
        self.location = location
        offset = try number("offset") ?? 0
        length = try number("length")
    }
}

/// Maps the files with external data of one model, each once.
struct ExternalFiles {
    let modelPath: String
    private(set) var files: [String: MappedFile] = [:]

    init(modelPath: String, files: [String: MappedFile] = [:]) {
        self.modelPath = modelPath
        self.files = files
    }

    /// The file's folder; the current one for a plain file name.
    private var folder: String {
        guard let slash = modelPath.lastIndex(of: "/") else { return "." }
        return slash == modelPath.startIndex ? "/" : String(modelPath[..<slash])
    }

    /// The bytes that a tensor refers to.
    ///
    /// - Throws: `ONNXError` if the location leads out of the model's folder, or the file does not have the bytes.
    mutating func data(for reference: ExternalReference) throws(ONNXError) -> TensorData {
        let file = try file(at: reference.location)
        let available = file.bytes.count
        guard reference.offset <= available, reference.length ?? 0 <= available - reference.offset else {
            throw ONNXError(
                .externalData,
                "bytes \(reference.offset) to \(reference.offset)+\(reference.length ?? 0) of external data, in a file of "
                    + "\(available) bytes", at: file.path,
                remedy: "the file is not the one that the model was saved with")
        }
        let end = reference.length.map { reference.offset + $0 } ?? available
        return TensorData(mapped: file, range: reference.offset..<end)
    }

    private mutating func file(at location: String) throws(ONNXError) -> MappedFile {
        if let file = files[location] { return file }
        func refused(_ why: String) -> ONNXError {
            ONNXError(
                .externalData, "external data at '\(location)' is refused: \(why)",
                remedy: "external data has to be in the model's folder")
        }
        guard !location.isEmpty, !location.utf8.contains(0) else { throw refused("it names no file") }
        guard !location.hasPrefix("/") else { throw refused("the path is absolute") }
        guard !location.split(separator: "/").contains("..") else { throw refused("the path leads upwards") }
        guard let base = ExternalFiles.resolve(folder) else { throw refused("the model's folder is not there") }
        guard let path = ExternalFiles.resolve("\(folder)/\(location)") else {
            throw ONNXError(
                .externalData, "external data at '\(location)' cannot be opened: \(String(cString: strerror(errno)))",
                remedy: "put the file beside the model")
        }
        guard path.hasPrefix(base.hasSuffix("/") ? base : base + "/") else {
            throw refused("a link leads out of the model's folder")
        }
        do throws(FileError) {
            let file = try MappedFile(path: path)
            files[location] = file
            return file
        } catch {
            throw ONNXError(.externalData, "external data at '\(location)' cannot be read", cause: error)
        }
    }

    /// The path without links; nil with `errno` set if nothing is there.
    static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
