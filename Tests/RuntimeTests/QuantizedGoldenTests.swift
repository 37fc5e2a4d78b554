import Foundation
import ModelGraph
import Runtime
import TFLiteFormat
import Testing

/// Small models of one quantized operator, several side by side, with LiteRT's results; made by
/// `Scripts/make-golden-quantized`.
struct QuantizedGolden: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let numerics: String
    /// Offset and length in the file of all data.
    let model: [Int]
    let inputs: [String: [Int]]
    let outputs: [String: [Int]]

    var testDescription: String { "\(name) \(numerics)" }

    static let all: [QuantizedGolden] = {
        let index = try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("quantized.json"))
        return index.flatMap { try? JSONDecoder().decode([QuantizedGolden].self, from: $0) } ?? []
    }()

    private static let data =
        (try? [UInt8](Data(contentsOf: GoldenCase.folder.appendingPathComponent("quantized.bin")))) ?? []

    func bytes(_ range: [Int]) -> ArraySlice<UInt8> { QuantizedGolden.data[range[0]..<(range[0] + range[1])] }

    func read() throws -> Model {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("golden-\(UUID().uuidString).tflite")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(bytes(model)).write(to: path)
        return try TFLiteReader.read(MappedFile(path: path.path))
    }
}

/// Expected values: LiteRT 2.3.0, its reference kernels, and what it computes by default on x86.
@Suite struct QuantizedGoldenTests {
    @Test func goldenValuesAreThere() { #expect(QuantizedGolden.all.count > 60) }

    @Test(arguments: QuantizedGolden.all)
    func equalsLiteRT(_ golden: QuantizedGolden) throws {
        var options = PlanOptions()
        options.numerics = try #require(Numerics(rawValue: golden.numerics))
        let plan = try Plan(try golden.read(), options: options)
        let execution = try Execution(plan, pool: nil)
        try execution.withInputs { buffers in
            for (tensor, buffer) in zip(plan.inputs, buffers) {
                buffer.copyBytes(from: golden.bytes(try #require(golden.inputs[tensor.name])))
            }
        }
        try execution.run()
        #expect(plan.outputs.count == golden.outputs.count)
        for (index, tensor) in plan.outputs.enumerated() {
            let expected = golden.bytes(try #require(golden.outputs[tensor.name]))
            execution.withOutput(index) { found in
                let differing = zip(found, expected).filter { $0 != $1 }.count
                #expect(
                    found.count == expected.count && differing == 0,
                    "\(tensor.name), \(tensor.type) \(tensor.shape): \(differing) of \(expected.count) bytes differ")
            }
        }
    }
}
