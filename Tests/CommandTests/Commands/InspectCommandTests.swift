import Foundation
import Testing

@Suite("optimize inspect")
struct InspectCommandTests {
    @Test("What a model is made of, as people read it")
    func text() async throws {
        let outcome = try await BuiltCommand.run(["inspect", Models.path("digits_dscnn_int8.tflite")])
        #expect(outcome.code == 0, "\(outcome.error)")
        #expect(outcome.error == "")
        for part in [
            "input           image  int8 [1, 8, 8, 1] = 0.062492646 · (q + 128)", "multiply-adds   137.1 k",
            "DepthwiseConvolution      3", "block3/pointwise/conv",
        ] {
            #expect(outcome.output.contains(part), "\(part)")
        }
        #expect(!outcome.output.contains(" \n"))
    }

    /// Multiply-adds of the convolutions and the dense layer by hand: positions · kernel · channels read · channels
    /// written; the .onnx has 7,168 values more, which its BatchNormalization nodes multiply.
    /// Parameters: as ONNX's own library counts them, less the bounds of Clip, which are attributes to us.
    @Test("The same as JSON, of both formats")
    func json() async throws {
        for (name, parameters) in [("digits_dscnn.tflite", 7546), ("digits_dscnn.onnx", 7802)] {
            let outcome = try await BuiltCommand.run(["inspect", Models.path(name), "--json"])
            #expect(outcome.code == 0, "\(outcome.error)")
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            #expect(object["parameters"] as? Int == parameters, "\(name)")
            #expect(object["multiplyAdds"] as? Int == (name.hasSuffix("onnx") ? 144_256 : 137_088), "\(name)")
            let layers = try #require(object["layers"] as? [[String: Any]])
            #expect(layers.reduce(0) { $0 + ($1["parameters"] as? Int ?? 0) } == parameters)
        }
    }

    @Test("What is no model is refused")
    func refused() async throws {
        let outcome = try await BuiltCommand.run(["inspect", Models.evaluation])
        #expect(outcome.code == 3)
        #expect(outcome.messages.count == 1)
    }
}
