import Foundation
import Subprocess
import Testing

/// The built `optimize`, run as a user would run it.
enum BuiltCommand {
    struct Outcome: Sendable {
        var status: TerminationStatus
        var output: String
        var error: String

        /// -1 if a signal ended it.
        var code: Int32 {
            if case .exited(let code) = status { return Int32(code) }
            return -1
        }

        /// The lines of standard error.
        var messages: [String] { error.split(separator: "\n").map(String.init) }
    }

    /// It is built into the folder that the tests are built into.
    static let path: String = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("optimize").path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
                return candidate
            }
        }
        return "optimize"
    }()

    static func run(_ arguments: [String], in folder: String? = nil) async throws -> Outcome {
        try await run(path, arguments, in: folder)
    }

    /// Runs it in a shell, as `"$0" "$@"`.
    static func run(shell script: String, _ arguments: [String], in folder: String? = nil) async throws -> Outcome {
        try await run("/bin/sh", ["-c", script, path] + arguments, in: folder)
    }

    /// Sends it a signal after a while, counted by a process of its own: tests wait for each other's turn.
    ///
    /// - Returns: `signaled` where the signal ended it; what was done before the signal came has exited.
    static func run(_ arguments: [String], sending signal: String, after seconds: Double) async throws -> Outcome {
        let limit = ["--foreground", "--preserve-status", "--signal=\(signal)", "\(seconds)", path]
        var outcome = try await run("/usr/bin/timeout", limit + arguments, in: nil)
        if outcome.code > 128 { outcome.status = .signaled(outcome.code - 128) }
        return outcome
    }

    private static func run(_ program: String, _ arguments: [String], in folder: String?) async throws -> Outcome {
        let result = try await Subprocess.run(
            .path(.init(program)), arguments: .init(arguments),
            environment: .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]),
            workingDirectory: folder.map { .init($0) }, output: .string(limit: 16 << 20),
            error: .string(limit: 16 << 20))
        return Outcome(
            status: result.terminationStatus, output: result.standardOutput, error: result.standardError)
    }
}

/// The small models of the repository and their data.
enum Models {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Models").path

    static func path(_ name: String) -> String { folder + "/" + name }

    static let resnet = path("digits_resnet.tflite")
    static let dscnn = path("digits_dscnn.tflite")
    static let quantized = path("digits_dscnn_int8.tflite")
    static let onnx = path("digits_dscnn.onnx")
    static let calibration = path("digits_calib.npz")
    static let evaluation = path("digits_eval.npz")

    /// Top-1 in percent by LiteRT's reference kernels, from the models' manifest.
    static func liteRTAccuracy(_ name: String) throws -> Double {
        let manifest = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: path("manifest.json"))))
        let models = try #require((manifest as? [String: Any])?["models"] as? [String: [String: Any]])
        let accuracies = try #require(models[name]?["top1_percent"] as? [String: Double])
        return try #require(accuracies["litert_reference"])
    }
}

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("optimize-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { path + "/" + name }

    func bytes(_ name: String) -> Data? { FileManager.default.contents(atPath: path(name)) }

    @discardableResult
    func write(_ name: String, _ data: Data) throws -> String {
        let file = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
        return path(name)
    }

    @discardableResult
    func copy(_ source: String, as name: String) throws -> String {
        try write(name, Data(contentsOf: URL(fileURLWithPath: source)))
    }

    /// Everything in it, sorted.
    var contents: [String] {
        let found = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return found.sorted()
    }
}
