import Foundation
import Testing

@Suite("optimize bench")
struct BenchCommandTests {
    @Test("Times as people read them, of the model and of each layer")
    func text() async throws {
        let outcome = try await BuiltCommand.run([
            "bench", Models.path("digits_dscnn_int8.tflite"), "--seconds=0.01", "--per-layer", "--threads=1",
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        for part in [
            "median", "threads          1", "samples a second on one thread", "numerics         reference",
            "block3/pointwise/conv",
        ] {
            #expect(outcome.output.contains(part), "\(part)")
        }
    }

    @Test("The same as JSON")
    func json() async throws {
        let outcome = try await BuiltCommand.run([
            "bench", Models.path("digits_dscnn_int8.tflite"), "--seconds=0.01", "--per-layer", "--json",
            "--numerics=xnnpack",
        ])
        #expect(outcome.code == 0, "\(outcome.error)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(object["numerics"] as? String == "xnnpack")
        #expect(object["multiplyAdds"] as? Int == 137_088)
        let latency = try #require(object["latency"] as? [String: Any])
        let minimum = try #require(latency["minimum"] as? Double)
        #expect(minimum > 0)
        #expect(try #require(latency["median"] as? Double) >= minimum)
        let throughput = try #require(object["throughput"] as? [String: Any])
        #expect(try #require(throughput["samplesPerSecond"] as? Double) > 0)
        let limit = try #require(object["limit"] as? [String: Any])
        // Its activations are real numbers in between.
        #expect(limit["type"] as? String == "float32")
        #expect(try #require(limit["share"] as? Double) > 0)
        #expect(object["batch"] as? Int == 1)
        let layers = try #require(object["layers"] as? [[String: Any]])
        #expect(layers.reduce(0) { $0 + ($1["multiplyAdds"] as? Int ?? 0) } == 137_088)
    }

    @Test("Two engines at once, and what is no model, are refused")
    func refused() async throws {
        let two = try await BuiltCommand.run([
            "bench", Models.path("digits_dscnn_int8.tflite"), "--numerics=reference,xnnpack",
        ])
        #expect(two.code == 2)
        let other = try await BuiltCommand.run(["bench", Models.evaluation])
        #expect(other.code == 3)
    }
}
