import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import Testing

/// An ONNX operator on plain numbers, with what onnxruntime's CPU kernels compute; made by
/// `Scripts/make-golden-arithmetic`.
struct ArithmeticGolden: Decodable, Sendable, CustomTestStringConvertible {
    struct Output: Decodable, Sendable {
        let data: [Int]
        let type: String
        let shape: [Int]
    }

    let name: String
    let model: [Int]
    let inputs: [[Int]]
    let outputs: [Output]

    var testDescription: String { name }

    static let all: [ArithmeticGolden] = {
        let index = try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("arithmetic.json"))
        return index.flatMap { try? JSONDecoder().decode([ArithmeticGolden].self, from: $0) } ?? []
    }()

    private static let data =
        (try? [UInt8](Data(contentsOf: GoldenCase.folder.appendingPathComponent("arithmetic.bin")))) ?? []

    func bytes(_ range: [Int]) -> [UInt8] { Array(ArithmeticGolden.data[range[0]..<(range[0] + range[1])]) }

    func run() throws -> (Plan, [[UInt8]]) {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("golden-\(UUID().uuidString).onnx")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(bytes(model)).write(to: path)
        var options = PlanOptions()
        options.numerics = .onnxruntime
        let plan = try Plan(try ONNXReader.read(MappedFile(path: path.path)), options: options)
        let execution = try Execution(plan)
        execution.withInputs { buffers in
            for (buffer, range) in zip(buffers, inputs) { buffer.copyBytes(from: bytes(range)) }
        }
        try execution.run()
        return (plan, plan.outputs.indices.map { index in execution.withOutput(index) { Array($0) } })
    }

    /// Real numbers of any width; nil for other types.
    static func reals(_ bytes: [UInt8], _ type: String) -> [Double]? {
        func elements<Element: BitwiseCopyable>(_: Element.Type) -> [Element] {
            bytes.withUnsafeBytes { raw in
                let stride = MemoryLayout<Element>.stride
                return (0..<raw.count / stride).map { raw.loadUnaligned(fromByteOffset: $0 * stride, as: Element.self) }
            }
        }
        switch type {
        case "float32": return elements(Float.self).map(Double.init)
        case "float64": return elements(Double.self)
        case "float16": return elements(UInt16.self).map { Double(Float(halfBits: $0)) }
        default: return nil
        }
    }

    /// How far apart two numbers may lie, as a share of the larger one: a few last places.
    static func tolerance(_ type: String) -> Double { type == "float16" ? 2e-3 : 4e-6 }
}

/// Expected values: onnxruntime 1.31.1, CPU, by `Scripts/make-golden-arithmetic`.
@Suite struct ArithmeticGoldenTests {
    @Test func goldenValuesAreThere() { #expect(ArithmeticGolden.all.count > 400) }

    @Test(arguments: ArithmeticGolden.all)
    func equalsOnnxruntime(_ golden: ArithmeticGolden) throws {
        let (plan, found) = try golden.run()
        #expect(found.count == golden.outputs.count)
        for (index, (bytes, expected)) in zip(found, golden.outputs).enumerated() {
            #expect(plan.outputs[index].shape == expected.shape)
            #expect(plan.outputs[index].type.rawValue == expected.type)
            let wanted = golden.bytes(expected.data)
            guard let reals = ArithmeticGolden.reals(wanted, expected.type) else {
                #expect(bytes == wanted)
                continue
            }
            let numbers = ArithmeticGolden.reals(bytes, expected.type) ?? []
            #expect(numbers.count == reals.count)
            let tolerance = ArithmeticGolden.tolerance(expected.type)
            for (a, b) in zip(numbers, reals) {
                let isNear = abs(a - b) <= tolerance * max(1, abs(a), abs(b))
                #expect(a == b || a.isNaN && b.isNaN || isNear, "\(a), not \(b)")
            }
        }
    }
}
