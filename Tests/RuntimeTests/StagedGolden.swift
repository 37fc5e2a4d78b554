import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import TFLiteFormat

/// A small model that is run in stages, with what LiteRT or onnxruntime computes for it run by run; made by
/// `Scripts/make-golden-staged`.
struct StagedGolden: Decodable, Sendable, CustomStringConvertible {
    struct Array: Decodable, Sendable {
        let data: [Int]
        let type: String
        let shape: [Int]
    }

    struct Run: Decodable, Sendable {
        let inputs: [Array]
        let outputs: [Array]
    }

    let name: String
    let format: String
    let model: [Int]
    let runs: [Run]

    var description: String { "\(format) \(name)" }

    static let all: [StagedGolden] = {
        let index = try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("staged.json"))
        return index.flatMap { try? JSONDecoder().decode([StagedGolden].self, from: $0) } ?? []
    }()

    private static let data =
        (try? [UInt8](Data(contentsOf: GoldenCase.folder.appendingPathComponent("staged.bin")))) ?? []

    static func bytes(_ range: [Int]) -> ArraySlice<UInt8> { data[range[0]..<(range[0] + range[1])] }

    static func named(_ name: String) throws -> StagedGolden {
        guard let found = all.first(where: { $0.name == name }) else { throw CocoaError(.fileNoSuchFile) }
        return found
    }

    func read() throws -> Model {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("staged-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(StagedGolden.bytes(model)).write(to: URL(fileURLWithPath: path))
        let file = try MappedFile(path: path)
        return format == "onnx" ? try ONNXReader.read(file) : try TFLiteReader.read(file)
    }

    /// Runs the model on one run's inputs.
    func run(_ execution: Execution, _ run: Run) throws {
        execution.withInputs { buffers in
            for (buffer, input) in zip(buffers, run.inputs) {
                buffer.copyBytes(from: StagedGolden.bytes(input.data).prefix(buffer.count))
            }
        }
        try execution.run()
    }
}
