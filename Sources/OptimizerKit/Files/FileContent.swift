import ModelGraph
import ONNXFormat
import TFLiteFormat

/// What a file seems to be, told by its content and never by its name.
enum FileContent: Equatable {
    case tflite
    case onnx
    case empty
    /// A known kind of file that is no model of ours.
    case other(String)
    case unknown

    init(_ file: MappedFile) {
        self = withExtendedLifetime(file) {
            if file.bytes.isEmpty { return .empty }
            if TFLiteReader.isTFLite(file) { return .tflite }
            if let name = Self.signatures.first(where: { $0.matches(file.bytes) })?.name { return .other(name) }
            if ONNXReader.isONNX(file) { return .onnx }
            return Self.isText(file.bytes) ? .other("a text file") : .unknown
        }
    }

    private struct Signature {
        var bytes: [UInt8]
        var offset = 0
        var name: String

        init(_ text: String, at offset: Int = 0, _ name: String) {
            self.init(Array(text.utf8), at: offset, name)
        }

        init(_ bytes: [UInt8], at offset: Int = 0, _ name: String) {
            self.bytes = bytes
            self.offset = offset
            self.name = name
        }

        func matches(_ content: UnsafeRawBufferPointer) -> Bool {
            content.count >= offset + bytes.count && content[offset..<(offset + bytes.count)].elementsEqual(bytes)
        }
    }

    private static let signatures = [
        Signature([0x89, 0x50, 0x4E, 0x47], "a PNG image"),
        Signature([0xFF, 0xD8, 0xFF], "a JPEG image"),
        Signature("GIF8", "a GIF image"),
        Signature("WEBP", at: 8, "a WebP image"),
        Signature([0x50, 0x4B, 0x03, 0x04], "a zip archive, such as .npz, .keras, .pt or .task"),
        Signature([0x50, 0x4B, 0x05, 0x06], "an empty zip archive"),
        Signature([0x1F, 0x8B], "a gzip file; unpack it first"),
        Signature([0x89, 0x48, 0x44, 0x46], "an HDF5 file, such as a Keras .h5"),
        Signature([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy array"),
        Signature([0x80, 0x02], "a Python pickle, such as an old PyTorch file"),
        Signature("GGUF", "a GGUF model"),
        Signature([0x7F, 0x45, 0x4C, 0x46], "an ELF program"),
        Signature("%PDF", "a PDF document"),
        Signature("version https://git-lfs", "a Git LFS pointer and not the file itself; run git lfs pull"),
        Signature("{", "a JSON text"),
        Signature("<", "an XML or HTML text"),
    ]

    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.prefix(4096).allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 || $0 == 10 || $0 == 13 }
    }
}
