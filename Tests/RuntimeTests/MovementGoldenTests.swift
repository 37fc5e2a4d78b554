import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import TFLiteFormat
import Testing

/// Many small operators side by side in one model; made by `Scripts/make-golden-movement`.
private struct MovementGolden: Decodable, Sendable {
    struct Output: Decodable, Sendable {
        let name: String
        let `operator`: String
        let type: String
        let shape: [Int]
        let data: [Int]
    }

    let model: [Int]
    let inputs: [String: [Int]]
    let outputs: [Output]

    static let all: [String: MovementGolden] = {
        let index = try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("movement.json"))
        return index.flatMap { try? JSONDecoder().decode([String: MovementGolden].self, from: $0) } ?? [:]
    }()

    private static let data =
        (try? [UInt8](Data(contentsOf: GoldenCase.folder.appendingPathComponent("movement.bin")))) ?? []

    static func bytes(_ range: [Int]) -> ArraySlice<UInt8> { data[range[0]..<(range[0] + range[1])] }

    /// Runs the model and compares every output, bit for bit.
    func check(_ model: Model) throws {
        let plan = try Plan(model)
        let execution = try Execution(plan, pool: ThreadPool(threads: 2), sharesAll: true)
        // Once more, to see that nothing of the first run is left.
        for _ in 0..<2 {
            try execution.withInputs { buffers in
                for (info, buffer) in zip(plan.inputs, buffers) {
                    buffer.copyBytes(from: Self.bytes(try #require(inputs[info.name])))
                }
            }
            try execution.run()
        }
        #expect(plan.outputs.count == outputs.count)
        for (index, expected) in outputs.enumerated() {
            let info = execution.outputInfo(index)
            #expect(info.name == expected.name)
            #expect(info.shape == expected.shape, "\(expected.operator) \(expected.name)")
            let found = execution.withOutput(index) { Array($0) }
            #expect(found.elementsEqual(Self.bytes(expected.data)), "\(expected.operator) \(expected.name)")
        }
    }

    func file(_ suffix: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("golden-\(UUID().uuidString)\(suffix)")
        try Data(Self.bytes(model)).write(to: path)
        return path.path
    }
}

/// Expected values: LiteRT 2.3.0, BUILTIN_REF kernels, and onnxruntime 1.31.1.
@Suite struct MovementGoldenTests {
    @Test func equalsLiteRT() throws {
        let golden = try #require(MovementGolden.all["tflite"])
        let path = try golden.file(".tflite")
        defer { try? FileManager.default.removeItem(atPath: path) }
        try golden.check(try TFLiteReader.read(MappedFile(path: path)))
    }

    @Test func equalsOnnxruntime() throws {
        let golden = try #require(MovementGolden.all["onnx"])
        let path = try golden.file(".onnx")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let model = try ONNXReader.read(MappedFile(path: path))
        #expect(!model.main.order.contains { model.main[$0].operation is OpaqueOperation })
        try golden.check(model)
    }
}
