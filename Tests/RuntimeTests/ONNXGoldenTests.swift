import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import Testing

/// A small ONNX model with what onnxruntime's CPU kernels compute for it; made by `Scripts/make-golden-onnx`.
struct ONNXGolden: Decodable, Sendable, CustomTestStringConvertible {
    struct Output: Decodable, Sendable {
        let data: [Int]
        let type: String
        let shape: [Int]
    }

    let name: String
    /// Whether the model is quantized, so that every result is the same bit for bit.
    let exact: Bool
    let model: [Int]
    let inputs: [[Int]]
    let outputs: [Output]

    var testDescription: String { name }

    /// All data of the case's file.
    private var data: [UInt8] = []

    private enum CodingKeys: String, CodingKey { case name, exact, model, inputs, outputs }

    static let all = load("onnx")
    static let integers = load("integers")

    private static func load(_ name: String) -> [ONNXGolden] {
        let (index, blob) = (
            try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("\(name).json")),
            try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("\(name).bin"))
        )
        guard let index, let blob, var cases = try? JSONDecoder().decode([ONNXGolden].self, from: index) else {
            return []
        }
        let data = [UInt8](blob)
        for place in cases.indices { cases[place].data = data }
        return cases
    }

    func bytes(_ range: [Int]) -> ArraySlice<UInt8> { data[range[0]..<(range[0] + range[1])] }

    func read() throws -> Model {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("golden-\(UUID().uuidString).onnx")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(bytes(model)).write(to: path)
        return try ONNXReader.read(MappedFile(path: path.path))
    }

    func run(_ plan: Plan) throws -> [[UInt8]] {
        let execution = try Execution(plan)
        execution.withInputs { buffers in
            for (buffer, range) in zip(buffers, inputs) { buffer.copyBytes(from: bytes(range)) }
        }
        try execution.run()
        return plan.outputs.indices.map { index in execution.withOutput(index) { Array($0) } }
    }
}

/// Expected values: onnxruntime 1.31.1, CPU, default optimization level, by `Scripts/make-golden-onnx`.
@Suite struct ONNXGoldenTests {
    @Test func goldenValuesAreThere() { #expect(ONNXGolden.all.count > 250) }

    @Test(arguments: ONNXGolden.all)
    func equalsOnnxruntime(_ golden: ONNXGolden) throws {
        for set in KernelVariantTests.variants {
            var options = PlanOptions()
            options.numerics = .onnxruntime
            options.instructionSet = set
            let plan = try Plan(try golden.read(), options: options)
            let found = try golden.run(plan)
            #expect(found.count == golden.outputs.count)
            for (index, (bytes, expected)) in zip(found, golden.outputs).enumerated() {
                #expect(plan.outputs[index].shape == expected.shape)
                #expect(plan.outputs[index].type.rawValue == expected.type)
                let wanted = golden.bytes(expected.data)
                if golden.exact {
                    let differing = zip(bytes, wanted).filter { $0 != $1 }.count
                    #expect(bytes.elementsEqual(wanted), "\(set): \(differing) of \(wanted.count) bytes differ")
                } else {
                    #expect(relativeError(bytes, wanted) <= 1e-5, "\(set)")
                }
            }
        }
    }
}
