import Foundation
import Testing

@Suite("optimize compare")
struct CompareCommandTests {
    private static func divergence(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("A model against itself: nothing differs")
    func same() async throws {
        let model = Models.path("digits_dscnn_int8.tflite")
        let outcome = try await BuiltCommand.run(["compare", model, model, "--evaluate", Models.evaluation])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(outcome.output.contains("no value differs in 46 layers"))
    }

    @Test("A float model against its int8 form: layers are paired by name, the outputs named, and the figures are JSON")
    func quantized() async throws {
        let outcome = try await BuiltCommand.run([
            "compare", Models.path("digits_dscnn.tflite"), Models.path("digits_dscnn_int8.tflite"), "--evaluate",
            Models.evaluation, "--samples", "20", "--json",
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        let divergence = try Self.divergence(outcome.output)
        #expect(divergence["samples"] as? Int == 20)
        let layers = try #require(divergence["layers"] as? [[String: Any]])
        let output = try #require(layers.last)
        #expect(output["name"] as? String == "probabilities")
        #expect(output["isOutput"] as? Bool == true)
        #expect(output["values"] as? Int == 200)
        // 8 bits carry a signal some 50 dB above their own noise at best.
        let snr = try #require(output["snr"] as? Double)
        #expect((10...60).contains(snr))
    }

    @Test(
        "One model with the arithmetic of two engines: differences are counted in steps",
        arguments: ["digits_dscnn_int8.tflite", "digits_resnet_int8.tflite"])
    func engines(model: String) async throws {
        let outcome = try await BuiltCommand.run([
            "compare", Models.path(model), "--numerics=reference,onnxruntime", "--evaluate",
            Models.evaluation, "--samples", "4", "--json",
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        let divergence = try Self.divergence(outcome.output)
        let layers = try #require(divergence["layers"] as? [[String: Any]])
        let steps = layers.compactMap { $0["largestStep"] as? Int }
        #expect(!steps.isEmpty && steps.allSatisfy { (0...128).contains($0) })
    }

    @Test("A layer is written as a model that gives the same values from what it read")
    func extraction() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run([
            "compare", Models.path("digits_dscnn_int8.tflite"), "--extract-layer", "block1/pointwise/conv",
            "--evaluate",
            Models.evaluation, "-o", folder.path("layer.tflite"),
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(folder.contents == ["layer.npz", "layer.tflite"])
        let run = try await BuiltCommand.run([
            "run", folder.path("layer.tflite"), "--input", folder.path("layer.npz"), "-o", folder.path("out.npz"),
        ])
        #expect(run.code == 0, "\(run.error)")
        #expect(run.output == "block1/pointwise/conv int8 [1, 8, 8, 32]\n")
    }

    @Test(
        "What cannot be compared is refused with what to do",
        arguments: [
            (["compare", "a.tflite"], Int32(2), "there is nothing to compare"),
            (["compare", "a.tflite", "b.tflite", "c.tflite"], 2, "takes one or two"),
            (["compare", "a.tflite", "--numerics=fast,reference"], 2, "reference, xnnpack or onnxruntime"),
            (["compare", "a.tflite", "--extract-layer", "x"], 2, "Add --output"),
            (["compare", "missing.tflite", "other.tflite"], 3, "missing.tflite"),
        ])
    func refused(arguments: [String], code: Int32, message: String) async throws {
        let outcome = try await BuiltCommand.run(arguments)
        #expect(outcome.code == code)
        #expect(outcome.error.contains(message), "\(outcome.error)")
    }

    @Test(
        "A layer of a .onnx, integer or real, is a model that can be read",
        arguments: ["digits_dscnn", "digits_dscnn_qdq"])
    func extractionONNX(model: String) async throws {
        let folder = try TemporaryFolder()
        let inspected = try await BuiltCommand.run(["inspect", Models.path(model + ".onnx"), "--json"])
        let object = try Self.divergence(inspected.output)
        let layers = try #require(object["layers"] as? [[String: Any]])
        let layer = try #require(
            layers.first {
                $0["operation"] as? String == "DepthwiseConvolution" || ($0["parameters"] as? Int ?? 0) > 300
            })
        let outcome = try await BuiltCommand.run([
            "compare", Models.path(model + ".onnx"), "--extract-layer", try #require(layer["name"] as? String),
            "--evaluate", Models.evaluation, "-o", folder.path("layer.onnx"),
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        let run = try await BuiltCommand.run([
            "run", folder.path("layer.onnx"), "--input", folder.path("layer.npz"), "-o", folder.path("out.npz"),
        ])
        #expect(run.code == 0, "\(run.error)")
    }

    @Test(
        "Models that take different inputs are refused; exports that name their layers otherwise are compared by their outputs"
    )
    func otherModels() async throws {
        let same = try await BuiltCommand.run([
            "compare", Models.path("digits_dscnn.tflite"), Models.path("digits_dscnn.onnx"), "--json",
        ])
        #expect(same.code == 0, "\(same.error)")
        let layers = try #require(try Self.divergence(same.output)["layers"] as? [[String: Any]])
        #expect(layers.contains { $0["isOutput"] as? Bool == true })
        // Only the one that leaves its input open takes a shape.
        let models = ["compare", Models.path("digits_dscnn.tflite"), Models.path("digits_dscnn.onnx"), "--shape"]
        let shaped = try await BuiltCommand.run(models + ["image=2,1,8,8"])
        #expect(shaped.code == 2 && shaped.error.contains("take different inputs"), "\(shaped.error)")
        let unknown = try await BuiltCommand.run(models + ["nothing=1"])
        #expect(unknown.code == 2 && unknown.error.contains("no model has such an input"), "\(unknown.error)")
    }

    @Test("A layer that is not there is refused, and nothing is written")
    func missingLayer() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await BuiltCommand.run([
            "compare", Models.path("digits_dscnn_int8.tflite"), "--extract-layer", "nowhere", "-o",
            folder.path("layer.tflite"),
        ])
        #expect(outcome.code == 2)
        #expect(outcome.error.contains("no operator computes a tensor of the name 'nowhere'"))
        #expect(folder.contents.isEmpty)
    }
}
