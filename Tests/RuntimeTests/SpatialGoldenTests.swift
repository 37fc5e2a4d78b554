import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import TFLiteFormat
import Testing

/// A small model of a convolution, pool, resizing, sampling or product with what another engine computes for it; made by
/// `Scripts/make-golden-spatial`.
struct SpatialGolden: Decodable, Sendable, CustomTestStringConvertible {
    struct Output: Decodable, Sendable {
        let data: [Int]
        let type: String
        let shape: [Int]
    }

    let name: String
    let format: String
    /// Whether every result is the same bit for bit.
    let exact: Bool
    let model: [Int]
    let inputs: [[Int]]
    let outputs: [Output]

    var testDescription: String { name }

    static let all: [SpatialGolden] = {
        let index = try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("spatial.json"))
        return index.flatMap { try? JSONDecoder().decode([SpatialGolden].self, from: $0) } ?? []
    }()

    private static let data =
        (try? [UInt8](Data(contentsOf: GoldenCase.folder.appendingPathComponent("spatial.bin")))) ?? []

    func bytes(_ range: [Int]) -> ArraySlice<UInt8> { SpatialGolden.data[range[0]..<(range[0] + range[1])] }

    func read() throws -> Model { try read(bytes(model)) }

    func read(_ file: some Collection<UInt8>) throws -> Model {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("golden-\(UUID().uuidString).\(format)")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(file).write(to: path)
        let file = try MappedFile(path: path.path)
        return format == "onnx" ? try ONNXReader.read(file) : try TFLiteReader.read(file)
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

/// Expected values: LiteRT 2.3.0, BUILTIN_REF kernels, and onnxruntime 1.31.1, CPU.
@Suite struct SpatialGoldenTests {
    @Test func goldenValuesAreThere() { #expect(SpatialGolden.all.count > 150) }

    @Test(arguments: SpatialGolden.all)
    func equalsOtherEngines(_ golden: SpatialGolden) throws {
        var options = PlanOptions()
        options.numerics = golden.format == "onnx" ? .onnxruntime : .reference
        let plan = try Plan(try golden.read(), options: options)
        let found = try golden.run(plan)
        #expect(found.count == golden.outputs.count)
        for (index, (bytes, expected)) in zip(found, golden.outputs).enumerated() {
            #expect(plan.outputs[index].shape == expected.shape)
            #expect(plan.outputs[index].type.rawValue == expected.type)
            let wanted = golden.bytes(expected.data)
            if golden.exact || !expected.type.hasPrefix("float") {
                let differing = zip(bytes, wanted).filter { $0 != $1 }.count
                #expect(bytes.elementsEqual(wanted), "\(differing) of \(wanted.count) bytes differ")
            } else if expected.type == "float64" {
                #expect(relativeError(narrowed(bytes), narrowed(wanted)) <= 1e-6)
            } else {
                #expect(relativeError(bytes, wanted) <= 1e-5)
            }
        }
    }

    /// What no operator of the format can say: scales that were an attribute once.
    private static let unwritable: Set<String> = ["Upsample 7"]

    @Test("Written from the structs alone, all operators are read again as the same", arguments: SpatialGolden.all)
    func rewritten(_ golden: SpatialGolden) throws {
        guard !golden.name.hasPrefix("MediaPipe"), !Self.unwritable.contains(golden.name) else { return }
        var model = try golden.read()
        let before = model.main
        var patch = GraphPatch("forget where operators come from", for: before)
        for id in before.order {
            var node = before[id]
            node.source = nil
            patch.updateNode(id, node)
        }
        model.main = try before.applying(patch)
        let bytes = golden.format == "onnx" ? try ONNXWriter.bytes(of: model) : try TFLiteWriter.bytes(of: model)
        let after = try golden.read(bytes).main
        #expect(after.order.count == before.order.count)
        for (a, b) in zip(after.order, before.order) {
            let (found, wanted) = (after[a].operation, before[b].operation)
            #expect(found.isEqual(to: wanted), "\(found) instead of \(wanted)")
        }
    }

    @Test("Damaged models run, or are refused with an error", arguments: SpatialGolden.all)
    func damaged(_ golden: SpatialGolden) throws {
        var random = SplitMix(state: UInt64(golden.model[0]))
        let original = Array(golden.bytes(golden.model))
        for _ in 0..<3 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let model = try? golden.read(bytes), let plan = try? Plan(model),
                plan.arenaByteCount < 1 << 22, plan.multiplyAdds < 1 << 20, let execution = try? Execution(plan)
            else { continue }
            try? execution.run()
        }
    }

    /// Doubles as floats.
    private func narrowed(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let narrow = Array(bytes).withUnsafeBytes { raw in
            (0..<raw.count / 8).map { Float(raw.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self)) }
        }
        return narrow.withUnsafeBytes(Array.init)
    }
}

/// Sebastiano Vigna's SplitMix64.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
