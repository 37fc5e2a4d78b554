import Foundation
import ModelGraph
import TFLiteFormat
import Testing

@testable import Runtime

@Suite("Plans for figures")
struct PlanFiguresTests {
    @Test("A plan without weights tells what one with weights does", arguments: ["digits_resnet", "digits_dscnn_int8"])
    func sameFigures(_ name: String) throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let model = try TFLiteReader.read(
            try MappedFile(path: root.appendingPathComponent("Models/\(name).tflite").path))
        let whole = try Plan(model)
        var options = PlanOptions()
        options.isForFigures = true
        let figures = try Plan(model, options: options)
        #expect(figures.arenaByteCount == whole.arenaByteCount)
        #expect(figures.constantByteCount == whole.constantByteCount)
        #expect(figures.multiplyAdds == whole.multiplyAdds)
        #expect(figures.steps.map(\.operation) == whole.steps.map(\.operation))
    }
}
