import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import TFLiteFormat
import Testing

/// A small model with what another engine computes for it, if need be after several runs; made by
/// `Scripts/make-golden-sequence`.
struct SequenceGolden: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let format: String
    let exact: Bool
    /// The engine.
    let source: String
    let model: [Int]
    /// The inputs of each run.
    let runs: [[[Int]]]
    /// Of the last run.
    let outputs: [ONNXGolden.Output]

    var testDescription: String { "\(name), \(source)" }

    static let all: [SequenceGolden] = {
        let index = try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("sequence.json"))
        return index.flatMap { try? JSONDecoder().decode([SequenceGolden].self, from: $0) } ?? []
    }()

    private static let data =
        (try? [UInt8](Data(contentsOf: GoldenCase.folder.appendingPathComponent("sequence.bin")))) ?? []

    func bytes(_ range: [Int]) -> ArraySlice<UInt8> { SequenceGolden.data[range[0]..<(range[0] + range[1])] }

    func read() throws -> Model {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "golden-\(UUID().uuidString).\(format)")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(bytes(model)).write(to: path)
        let file = try MappedFile(path: path.path)
        return format == "onnx" ? try ONNXReader.read(file) : try TFLiteReader.read(file)
    }
}

/// Expected values: LiteRT 2.3.0 (reference kernels), onnxruntime 1.31.1, and ONNX's reference evaluator for what the latter
/// lacks, by `Scripts/make-golden-sequence`.
@Suite struct SequenceGoldenTests {
    @Test func goldenValuesAreThere() { #expect(SequenceGolden.all.count > 80) }

    @Test(arguments: SequenceGolden.all)
    func equalsTheEngine(_ golden: SequenceGolden) throws {
        let plan = try Plan(try golden.read())
        let execution = try Execution(plan)
        for run in golden.runs {
            execution.withInputs { buffers in
                for (buffer, range) in zip(buffers, run) { buffer.copyBytes(from: golden.bytes(range)) }
            }
            try execution.run()
        }
        #expect(plan.outputs.count == golden.outputs.count)
        for (index, expected) in golden.outputs.enumerated() {
            let found = execution.withOutput(index) { Array($0) }
            let wanted = golden.bytes(expected.data)
            #expect(execution.outputInfo(index).shape == expected.shape)
            if golden.exact || !expected.type.hasPrefix("float") && expected.type != "complex64" {
                #expect(found.elementsEqual(wanted))
            } else {
                #expect(relativeError(found, wanted) <= 2e-5)
            }
        }
    }
}
