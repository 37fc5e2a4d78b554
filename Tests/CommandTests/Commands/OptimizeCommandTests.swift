import Foundation
import Testing

@Suite("optimize MODEL")
struct OptimizeCommandTests {
    @Test("The whole job: exit code 0, a smaller file, figures that LiteRT agrees with")
    func wholeJob() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run([
            Models.resnet, "--int8", "--prune", "0.5", "--calibrate", Models.calibration, "--evaluate",
            Models.evaluation,
            "-o", folder.path("out.tflite"), "--report", folder.path("r.json"), "--report", folder.path("r.md"),
            "--max-drop", "2", "--max-size", "40KB", "--min-accuracy", "95",
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(outcome.error == "")
        #expect(outcome.output.contains("accuracy"))
        #expect(folder.contents == ["out.tflite", "r.json", "r.md"])
        let report = try Self.object(try #require(folder.bytes("r.json")))
        let evaluation = try #require(report["evaluation"] as? [String: Any])
        let before = try #require((evaluation["accuracyBefore"] as? [String: Any])?["top1"] as? Double)
        #expect(abs(100 * before - (try Models.liteRTAccuracy("digits_resnet.tflite"))) < 1e-9)
        let output = try #require(report["output"] as? [String: Any])
        #expect(output["bytes"] as? Int == folder.bytes("out.tflite")?.count)
        #expect((report["gates"] as? [[String: Any]])?.count == 3)
        #expect((report["stages"] as? [[String: Any]])?.isEmpty == false)
        #expect(String(decoding: try #require(folder.bytes("r.md")), as: UTF8.self).hasPrefix("#"))
    }

    @Test("Without work to do, a model is still cleaned and written beside the input")
    func noWork() async throws {
        let folder = try TemporaryFolder()
        let model = try folder.copy(Models.resnet, as: "model.tflite")
        let outcome = try await BuiltCommand.run([model])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(folder.contents == ["model.optimized.tflite", "model.tflite"])
    }

    @Test("--json prints the report and nothing else; --quiet prints nothing")
    func streams() async throws {
        let folder = try TemporaryFolder()
        let json = try await BuiltCommand.run([Models.dscnn, "--weight-only", "--json", "-o", folder.path("a.tflite")])
        #expect(json.code == 0)
        #expect(try Self.object(Data(json.output.utf8))["version"] as? Int == 1)
        #expect(json.error == "")
        let quiet = try await BuiltCommand.run([Models.dscnn, "--int8", "--quiet", "-o", folder.path("b.tflite")])
        #expect(quiet.code == 0)
        #expect(quiet.output == "" && quiet.error == "")
        let verbose = try await BuiltCommand.run([Models.dscnn, "--verbose", "-o", folder.path("c.tflite")])
        #expect(verbose.messages.contains { $0.hasPrefix("optimize: write took") })
        #expect(!verbose.error.contains("\u{1B}") && !verbose.error.contains("\r"))
    }

    @Test("Sizes under gzip are measured where zeros or a report ask for them")
    func compressedSizes() async throws {
        let folder = try TemporaryFolder()
        let plain = try await BuiltCommand.run([Models.dscnn, "--dynamic-range", "-o", folder.path("a.tflite")])
        #expect(plain.output.contains("arena") && !plain.output.contains("gzip"))
        let pruned = try await BuiltCommand.run([Models.dscnn, "--prune", "0.5", "-o", folder.path("b.tflite")])
        #expect(pruned.output.contains("gzip"))
        let json = try await BuiltCommand.run([
            Models.dscnn, "--dynamic-range", "--json", "-o", folder.path("c.tflite"),
        ])
        #expect(((try Self.object(Data(json.output.utf8))["input"] as? [String: Any])?["gzipBytes"] as? Int ?? 0) > 0)
    }

    @Test("--int8 without samples says so on standard error and in the report; --strict refuses")
    func synthetic() async throws {
        let folder = try TemporaryFolder()
        let arguments = [Models.dscnn, "--int8", "--json", "-o", folder.path("a.tflite")]
        let outcome = try await BuiltCommand.run(arguments)
        #expect(outcome.code == 0)
        #expect(outcome.messages.count == 1)
        #expect(outcome.error.hasPrefix("optimize: warning: no calibration data"))
        let report = try Self.object(Data(outcome.output.utf8))
        #expect((report["calibration"] as? [String: Any])?["isSynthetic"] as? Bool == true)
        #expect((report["warnings"] as? [String])?.count == 1)
        let strict = try await BuiltCommand.run(arguments + ["--strict", "--force"])
        #expect(strict.code == 2)
        #expect(strict.error.contains("--calibrate"))
        #expect(strict.output == "")
    }

    @Test("A quantized model is reported as such and not quantized again")
    func quantized() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run([
            Models.quantized, "--int8", "--calibrate", Models.calibration, "-o", folder.path("a.tflite"),
        ])
        #expect(outcome.code == 0)
        #expect(outcome.error == "optimize: warning: the model is quantized already, and is not quantized again\n")
        #expect(folder.bytes("a.tflite") == FileManager.default.contents(atPath: Models.quantized))
    }

    @Test("A missed gate is exit code 1, and the result is written")
    func gates() async throws {
        let folder = try TemporaryFolder()
        for gate in [["--max-size", "1KB"], ["--min-accuracy", "100"]] {
            let name = gate[0] + ".tflite"
            let outcome = try await BuiltCommand.run(
                [
                    Models.dscnn, "--int8", "--calibrate", Models.calibration, "--evaluate", Models.evaluation, "-o",
                    folder.path(name),
                ] + gate)
            #expect(outcome.code == 1)
            let message = try #require(outcome.messages.first)
            #expect(message.hasPrefix("optimize: error: missed \(gate[0]) ("))
            #expect(message.contains(gate[0] == "--max-size" ? "limit 1,000 bytes" : "limit 100"))
            #expect(folder.bytes(name) != nil)
            #expect(outcome.output.contains("✗"))
        }
        // There are no labels in the calibration set.
        let unmeasured = try await BuiltCommand.run([
            Models.dscnn, "--dynamic-range", "--evaluate", Models.calibration, "--max-drop", "50", "-o",
            folder.path("u.tflite"),
        ])
        #expect(unmeasured.code == 2)
        #expect(unmeasured.error.contains("bear no labels"))
        #expect(folder.bytes("u.tflite") == nil)
    }

    @Test("The same bytes on one thread and on several, and twice")
    func determinism() async throws {
        let folder = try TemporaryFolder()
        for (name, threads) in [("a", "1"), ("b", "2"), ("c", "4")] {
            let outcome = try await BuiltCommand.run([
                Models.resnet, "--int8", "--prune", "0.5", "--calibrate", Models.calibration, "--threads", threads,
                "-o",
                folder.path(name),
            ])
            #expect(outcome.code == 0)
        }
        #expect(folder.bytes("a") != nil)
        #expect(folder.bytes("a") == folder.bytes("b"))
        #expect(folder.bytes("a") == folder.bytes("c"))
    }

    @Test("Usage: exit code 2, one line and a hint on standard error, nothing on standard output")
    func usage() async throws {
        let outcome = try await BuiltCommand.run(["--hlep"])
        #expect(outcome.code == 2)
        #expect(outcome.messages == ["optimize: error: there is no option --hlep", "Did you mean --help?"])
        #expect(outcome.output == "")
        let nothing = try await BuiltCommand.run([])
        #expect(nothing.code == 2)
        #expect(nothing.error.hasPrefix("Usage: optimize MODEL"))
        let folder = try await BuiltCommand.run([Models.folder, "--int8"])
        #expect(folder.code == 2)
    }

    @Test("Questions are answered on standard output")
    func questions() async throws {
        for question in [["--help"], ["run", "--help"], ["--version"], ["--man"], ["--completions", "fish"]] {
            let outcome = try await BuiltCommand.run(question)
            #expect(outcome.code == 0)
            #expect(!outcome.output.isEmpty && outcome.error == "")
        }
    }

    @Test("run feeds arrays by name and writes the outputs")
    func run() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run([
            "run", Models.dscnn, "--input", Models.calibration, "-o", folder.path("y.npz"),
        ])
        // The calibration set holds a hundred samples, and the model takes one at a time.
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(outcome.output == "probabilities float32 [100, 10]\n")
        #expect(folder.contents == ["y.npz"])
    }

    @Test("run refuses arrays of another shape")
    func runMismatch() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run([
            "run", Models.dscnn, "--input", folder.path("y.npz"), "-o", folder.path("z.npz"),
        ])
        #expect(outcome.code == 3)
        let first = try await BuiltCommand.run([
            "run", Models.dscnn, "--input", Models.calibration, "-o", folder.path("y.npz"),
        ])
        #expect(first.code == 0)
        // What the model gave is not what it takes.
        let second = try await BuiltCommand.run([
            "run", Models.dscnn, "--input", folder.path("y.npz"), "-o", folder.path("z.npz"),
        ])
        #expect(second.code == 3)
        #expect(second.messages.count == 1)
        #expect(second.error.contains("[100, 10]") && second.error.contains("[1, 8, 8, 1]"), "\(second.error)")
        #expect(folder.contents == ["y.npz"])
    }

    static func object(_ data: Data) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
