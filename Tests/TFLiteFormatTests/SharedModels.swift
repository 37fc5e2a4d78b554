import Foundation
import ModelGraph

/// Real models outside the package, and those that belong to it.
enum SharedModels {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The folder of test material beside the package; nil where it is absent.
    static let shared: URL? = {
        let path = ProcessInfo.processInfo.environment["OPTIMIZE_SHARED"].map { URL(filePath: $0) }
        let folder = path ?? root.deletingLastPathComponent().appending(path: "shared")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static func files(in folder: URL) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".tflite") }.sorted().map { folder.appending(path: $0).path }
    }

    /// The bytes of a file. A mapped file's bytes are there only as long as the object is.
    static func contents(of path: String) throws -> [UInt8] {
        let file = try MappedFile(path: path)
        return withExtendedLifetime(file) { Array(file.bytes) }
    }

    static let own = files(in: root.appending(path: "Models"))
    static let all = own + (shared.map { files(in: $0.appending(path: "models")) } ?? [])
}
