import Foundation
import ModelGraph
import Runtime
import TFLiteFormat
import Testing

/// A model of one operator with what LiteRT's reference kernels compute for it; made by `Scripts/make-golden`.
struct GoldenCase: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let runs: Int
    /// Offset and length in the file of all data.
    let model: [Int]
    let inputs: [[Int]]
    let output: [Int]
    let type: String
    let shape: [Int]

    var testDescription: String { name }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    static let all: [GoldenCase] = {
        let index = try? Data(contentsOf: folder.appendingPathComponent("operators.json"))
        return index.flatMap { try? JSONDecoder().decode([GoldenCase].self, from: $0) } ?? []
    }()

    private static let data = (try? [UInt8](Data(contentsOf: folder.appendingPathComponent("operators.bin")))) ?? []

    func bytes(_ range: [Int]) -> ArraySlice<UInt8> { GoldenCase.data[range[0]..<(range[0] + range[1])] }

    func read() throws -> Model {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("golden-\(UUID().uuidString).tflite")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(bytes(model)).write(to: path)
        return try TFLiteReader.read(MappedFile(path: path.path))
    }

    /// The outputs of all runs, one behind the other.
    func run(_ plan: Plan, pool: ThreadPool? = nil) throws -> [UInt8] {
        let execution = try Execution(plan, pool: pool, sharesAll: true)
        var result: [UInt8] = []
        for run in 0..<runs {
            execution.withInputs { buffers in
                for (buffer, range) in zip(buffers, inputs) {
                    let start = range[0] + run * buffer.count
                    buffer.copyBytes(from: GoldenCase.data[start..<(start + buffer.count)])
                }
            }
            try execution.run()
            execution.withOutput(0) { result += $0 }
        }
        return result
    }
}

/// The largest difference over the largest expected magnitude; infinite where one side is no number and the other is.
func relativeError(_ bytes: some Collection<UInt8>, _ expected: some Collection<UInt8>) -> Float {
    func floats(_ bytes: some Collection<UInt8>) -> [Float] {
        Array(bytes).withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
    }
    let (found, wanted) = (floats(bytes), floats(expected))
    guard found.count == wanted.count else { return .infinity }
    var (difference, largest): (Float, Float) = (0, .leastNormalMagnitude)
    for (a, b) in zip(found, wanted) where !(a == b || a.isNaN && b.isNaN) {
        difference = a.isNaN || b.isNaN ? .infinity : max(difference, abs(a - b))
    }
    for b in wanted where b.isFinite { largest = max(largest, abs(b)) }
    return difference / largest
}
