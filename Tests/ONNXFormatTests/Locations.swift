import Foundation
import ModelGraph
import Testing

@testable import ONNXFormat

/// Where tests find and leave files.
enum Locations {
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let shared: URL = {
        if let path = ProcessInfo.processInfo.environment["OPTIMIZE_SHARED"] { return URL(fileURLWithPath: path) }
        return package.deletingLastPathComponent().appendingPathComponent("shared")
    }()

    static func models(in folder: URL) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".onnx") }.sorted().map { folder.appendingPathComponent($0).path }
    }

    /// The models of this repository.
    static let own = models(in: package.appendingPathComponent("Models"))
    /// The models beside it, if they are there.
    static let others = models(in: shared.appendingPathComponent("models"))

    static let fixtureFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path
    /// What `Scripts/onnx/fixtures.py` has written with the onnx package.
    static let fixtures = models(in: URL(fileURLWithPath: fixtureFolder))

    static func own(_ name: String) throws -> Model { try read(package.appendingPathComponent("Models/\(name)").path) }

    static func fixture(_ name: String) throws -> Model { try read("\(fixtureFolder)/\(name).onnx") }

    /// Runs `body` with a new folder, which is removed afterwards.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("onnx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    static func read(_ path: String) throws -> Model { try ONNXReader.read(MappedFile(path: path)) }

    /// Reads bytes as a file, which is gone again when this returns: tests read thousands of them.
    static func read(_ bytes: [UInt8]) throws -> Model {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).onnx").path
        try write(bytes, to: path)
        defer { unlink(path) }
        return try read(path)
    }
}
