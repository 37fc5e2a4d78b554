import Foundation
import Testing

@testable import optimize

@Suite("optimize FOLDER")
struct FolderCommandTests {
    private func models(_ folder: TemporaryFolder) throws {
        try folder.copy(Models.resnet, as: "in/a.tflite")
        try folder.copy(Models.dscnn, as: "in/deep/er/b.tflite")
        try folder.copy(Models.dscnn, as: "in/noname")
        try folder.copy(Models.dscnn, as: "in/.hidden/c.tflite")
        try folder.copy(Models.dscnn, as: "in/.d.tflite")
        try folder.write("in/readme.txt", Data("no model".utf8))
        try FileManager.default.createSymbolicLink(atPath: folder.path("in/deep/loop"), withDestinationPath: "..")
    }

    @Test("Every model below it, in the same structure, whatever one bad file does")
    func structure() async throws {
        let folder = try TemporaryFolder()
        try models(folder)
        try folder.write("in/bad/bad.tflite", Data(contentsOf: URL(fileURLWithPath: Models.resnet)).prefix(3000))
        let outcome = try await BuiltCommand.run(
            [
                folder.path("in"), "-o", folder.path("out"), "--dynamic-range", "--jobs", "3", "--report",
                folder.path("r.md"),
            ])
        #expect(outcome.code == 6, "\(outcome.error)")
        #expect(
            folder.contents.filter { $0.hasPrefix("out") } == [
                "out", "out/a.tflite", "out/deep", "out/deep/er", "out/deep/er/b.tflite", "out/noname",
                "out/summary.json",
            ])
        #expect(outcome.output.contains("4 models: 3 done, 1 failed"))
        #expect(outcome.messages.allSatisfy { $0.hasPrefix("optimize: warning: ") })
        let summary = try OptimizeCommandTests.object(try #require(folder.bytes("out/summary.json")))
        let entries = try #require(summary["models"] as? [[String: Any]])
        #expect(
            entries.compactMap { $0["path"] as? String } == [
                "a.tflite", "bad/bad.tflite", "deep/er/b.tflite", "noname",
            ])
        #expect(entries.compactMap { $0["status"] as? String } == ["done", "failed", "done", "done"])
        #expect(entries[1]["exitCode"] as? Int == 3)
        #expect(folder.bytes("r.md") != nil)
    }

    @Test("The same bytes as one at a time; existing results are kept; --json is JSON alone")
    func settings() async throws {
        let folder = try TemporaryFolder()
        try models(folder)
        let arguments = [
            folder.path("in/"), "-o", folder.path("out/"), "--int8", "--calibrate", Models.calibration, "--json",
        ]
        let outcome = try await BuiltCommand.run(arguments)
        #expect(outcome.code == 0, "\(outcome.error)")
        _ = try OptimizeCommandTests.object(Data(outcome.output.utf8))
        let single = try await BuiltCommand.run([
            Models.resnet, "--int8", "--calibrate", Models.calibration, "-o", folder.path("single.tflite"),
        ])
        #expect(single.code == 0)
        #expect(folder.bytes("out/a.tflite") == folder.bytes("single.tflite"))
        let again = try await BuiltCommand.run(arguments)
        #expect(again.code == 5)
        #expect(again.error.contains("summary.json"))
        #expect(try await BuiltCommand.run(arguments + ["--force"]).code == 0)
    }

    @Test("A time limit ends a model and not the run; gates alone are exit code 1")
    func limits() async throws {
        let folder = try TemporaryFolder()
        try folder.copy(Models.resnet, as: "in/a.tflite")
        try folder.copy(Models.dscnn, as: "in/b.tflite")
        let timeout = try await BuiltCommand.run([
            folder.path("in"), "-o", folder.path("out"), "--int8", "--timeout", "0.001",
        ])
        #expect(timeout.code == 6)
        #expect(timeout.output.contains("gave up"))
        #expect(folder.contents.filter { $0.hasPrefix("out/") } == ["out/summary.json"])
        let gate = try await BuiltCommand.run([
            folder.path("in"), "-o", folder.path("gate"), "--weight-only", "--max-size", "20KB",
        ])
        #expect(gate.code == 1)
        #expect(gate.output.contains("1 done, 1 missed a gate"))
        #expect(folder.bytes("gate/a.tflite") != nil)
    }

    @Test("Folders that cannot be")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        try models(folder)
        let file = try folder.write("file", Data())
        let empty = folder.path("empty")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
        let cases: [([String], Int32)] = [
            ([folder.path("in")], 2), ([folder.path("in"), "-o", folder.path("in")], 2),
            ([folder.path("in"), "-o", folder.path("in/../in")], 2), ([folder.path("in"), "-o", file], 5),
            ([folder.path("in"), "-o", folder.path("no/such")], 5), ([empty, "-o", folder.path("out")], 3),
        ]
        for (arguments, code) in cases {
            let outcome = try await BuiltCommand.run(arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome.error)")
            #expect(outcome.output == "")
        }
    }

    @Test("Results within the input folder are not taken for models")
    func nested() async throws {
        let folder = try TemporaryFolder()
        try folder.copy(Models.dscnn, as: "in/a.tflite")
        for _ in 0..<2 {
            let outcome = try await BuiltCommand.run([folder.path("in"), "-o", folder.path("in/out"), "--force"])
            #expect(outcome.code == 0)
            #expect(outcome.output.contains("1 model: 1 done"))
        }
    }
}
