import Foundation
import ModelGraph
import Runtime
import Testing

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("optimize-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, making the folders above it, and gives its path.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }
}

/// The CRC-32 of zip, PNG and Python's zlib.
func checksum(_ bytes: some Sequence<UInt8>, continuing start: UInt32 = 0) -> UInt32 {
    ~bytes.reduce(~start) { crc, byte in checksumTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
}

private let checksumTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
}

/// The files that are shared between checkouts: real models and data sets. nil where they are absent.
let sharedFolder: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let path = ProcessInfo.processInfo.environment["OPTIMIZE_SHARED"] ?? root.path + "/../shared"
    return FileManager.default.fileExists(atPath: path + "/data") ? path : nil
}()

extension Trait where Self == ConditionTrait {
    static var needsShared: Self { .enabled(if: sharedFolder != nil, "the shared data sets are not here") }
}

func tensor(
    _ shape: [Int], _ type: ElementType = .float32, name: String = "input", quantization: Quantization? = nil
) -> TensorInfo {
    TensorInfo(value: ValueID(index: 0), name: name, type: type, shape: shape, quantization: quantization)
}

extension SampleSource {
    /// What `load` writes for one input.
    func values<Element: BitwiseCopyable>(
        _ sample: Int, as tensor: TensorInfo, _ type: Element.Type = Float.self
    ) throws -> [Element] {
        try values(sample, as: [tensor], type)[0]
    }

    func values<Element: BitwiseCopyable>(
        _ sample: Int, as tensors: [TensorInfo], _ type: Element.Type = Float.self
    ) throws -> [[Element]] {
        let buffers = tensors.map { tensor in
            UnsafeMutableRawBufferPointer.allocate(
                byteCount: tensor.type.byteCount(of: tensor.shape.reduce(1, *))!, alignment: 64)
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        try load(sample: sample, into: buffers, as: tensors)
        return buffers.map { Array($0.bindMemory(to: type)) }
    }
}
