import Foundation
import Testing

@Suite("optimize MODEL.onnx")
struct ONNXCommandTests {
    private static func operators(_ data: Data?) throws -> [String: Int] {
        let report = try OptimizeCommandTests.object(try #require(data))
        return try #require((report["after"] as? [String: Any])?["operators"] as? [String: Int])
    }

    /// The bound is the accuracy that onnxruntime has on the float model, less one point.
    @Test(
        "The whole job, in both forms and with both types of activations",
        arguments: [[], ["--qoperator"], ["--activations", "s8"]])
    func wholeJob(options: [String]) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run(
            [
                Models.path("digits_resnet.onnx"), "--int8", "--prune", "0.3", "--calibrate", Models.calibration,
                "--evaluate",
                Models.evaluation, "-o", folder.path("out.onnx"), "--report", folder.path("r.json"), "--max-drop", "1",
                "--max-size", "40KB",
            ] + options)
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(outcome.error == "")
        #expect(folder.contents == ["out.onnx", "r.json"])
        let operators = try Self.operators(folder.bytes("r.json"))
        #expect(operators["BatchNormalization"] == nil)
        #expect(operators["Dequantize"] == 1 && operators["Quantize"] == 1, "only the border is left: \(operators)")
    }

    @Test("Without options a model is cleaned, keeps its outputs, and is named after its format")
    func cleaned() async throws {
        let folder = try TemporaryFolder()
        let model = try folder.copy(Models.onnx, as: "model.onnx")
        let outcome = try await BuiltCommand.run([
            model, "--report", folder.path("r.json"), "--evaluate", Models.evaluation,
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(folder.contents == ["model.onnx", "model.optimized.onnx", "r.json"])
        let report = try OptimizeCommandTests.object(try #require(folder.bytes("r.json")))
        #expect((report["evaluation"] as? [String: Any])?["agreement"] as? Double == 1)
        #expect(try Self.operators(folder.bytes("r.json"))["BatchNormalization"] == nil)
    }

    @Test("A model that is quantized already is said to be, and written as it was")
    func quantized() async throws {
        let folder = try TemporaryFolder()
        let first = try await BuiltCommand.run([
            Models.onnx, "--int8", "--calibrate", Models.calibration, "-o", folder.path("a.onnx"), "--quiet",
        ])
        #expect(first.code == 0, "\(first.error)")
        let second = try await BuiltCommand.run([
            folder.path("a.onnx"), "--int8", "--calibrate", Models.calibration, "-o", folder.path("b.onnx"),
        ])
        #expect(second.code == 0)
        #expect(second.error.contains("is quantized already"))
        #expect(folder.bytes("a.onnx") == folder.bytes("b.onnx"))
    }

    @Test("Integer weights alone", arguments: ["--weight-only", "--dynamic-range"])
    func weights(option: String) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run([
            Models.path("digits_resnet.onnx"), option, "--evaluate", Models.evaluation, "--max-drop", "1", "--max-size",
            "40KB",
            "-o", folder.path("out.onnx"),
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
    }

    @Test("--shape fixes what the model leaves open, and is checked")
    func shape() async throws {
        let folder = try TemporaryFolder()
        func run(_ shape: String) async throws -> BuiltCommand.Outcome {
            try await BuiltCommand.run([Models.onnx, "--shape", shape, "--force", "-o", folder.path("out.onnx")])
        }
        #expect(try await run("image=1,1,8,8").code == 0)
        let other = try await run("other=1,1,8,8")
        #expect(other.code == 2)
        #expect(other.error.contains("its inputs are image"))
        #expect(try await run("image=1,1,8,9").code == 2)
        #expect(try await run("image=1,x").code == 2)
        #expect(try await run("=1").code == 2)
    }

    @Test("A folder may hold both formats")
    func folder() async throws {
        let folder = try TemporaryFolder()
        try folder.copy(Models.onnx, as: "in/a.onnx")
        try folder.copy(Models.dscnn, as: "in/b.tflite")
        let outcome = try await BuiltCommand.run([
            folder.path("in"), "-o", folder.path("out"), "--int8", "--calibrate", Models.calibration,
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(folder.contents.filter { $0.hasPrefix("out/") } == ["out/a.onnx", "out/b.tflite", "out/summary.json"])
    }
}
