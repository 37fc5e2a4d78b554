import ModelGraph
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
            if Self.isONNX(file.bytes) { return .onnx }
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

    /// ONNX files bear no mark. They are a protobuf message whose first field is the version of the format (1, a small
    /// number), followed by fields of ModelProto, of which 7 is the graph.
    private static func isONNX(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 4, bytes[0] == 0x08, (1...64).contains(bytes[1]) else { return false }
        var position = 2
        func number() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                guard position < bytes.count else { return nil }
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }
        while position < bytes.count, let key = number() {
            switch (key >> 3, key & 7) {
            case (7, 2): return true
            case (1, 0), (5, 0): guard number() != nil else { return false }
            case (2, 2), (3, 2), (4, 2), (6, 2), (8, 2), (14, 2), (20, 2), (25, 2), (26, 2):
                guard let length = number(), length <= UInt64(bytes.count - position) else { return false }
                position += Int(length)
            default: return false
            }
        }
        return false
    }
}
