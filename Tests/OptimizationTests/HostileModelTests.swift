import Foundation
import ModelGraph
import Runtime
import TFLiteFormat
import Testing

@testable import Optimization

/// Damaged models that can still be read go through every pass: each ends in a result or in an error, never in a trap,
/// and a result of a model that runs is one that runs.
@Suite struct HostileModelTests {
    private static let models = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Models")

    @Test(arguments: ["digits_dscnn.tflite", "digits_dscnn_f16.tflite", "digits_resnet_int8.tflite"])
    func damagedModelsGoThroughAllPasses(name: String) throws {
        let original = try Data(contentsOf: Self.models.appendingPathComponent(name))
        var random = SeededGenerator(seed: 17)
        var optimized = 0
        for _ in 0..<60 {
            var bytes = Array(original)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                // Most of a file is weights; structure stands at its start and end.
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            guard
                let model = try? bytes.withUnsafeBytes({ try TFLiteReader.read(MappedFile(copying: $0, named: name)) })
            else { continue }
            var settings = PipelineSettings()
            settings.pruning = PruneSettings(sparsity: 0.3)
            settings.quantization = QuantizationSettings(mode: .int8)
            guard
                let result = try? Pipeline.run(
                    model, settings: settings, calibration: RandomSamples(count: 2), threads: ThreadPool(threads: 1))
            else { continue }
            optimized += 1
            let written = try TFLiteWriter.bytes(of: result.model)
            let again = try written.withUnsafeBytes { try TFLiteReader.read(MappedFile(copying: $0, named: name)) }
            if (try? Plan(model)) != nil { _ = try Plan(again) }
        }
        #expect(optimized > 20)
    }
}
