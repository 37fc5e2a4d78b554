import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import TFLiteFormat
import Testing

/// What LiteRT's reference kernels compute for a whole model; made by `Scripts/make-golden-models`.
struct ModelGolden: Decodable, Sendable, CustomTestStringConvertible {
    let model: String
    /// CRC-32 of each integer tensor, constants too, by its index in the file.
    let checksums: [String: UInt32]
    let outputs: [[Float]]

    var testDescription: String { model }

    static let all: [ModelGolden] = {
        let data = try? Data(contentsOf: GoldenCase.folder.appendingPathComponent("models.json"))
        return data.flatMap { try? JSONDecoder().decode([ModelGolden].self, from: $0) } ?? []
    }()

    /// The folder of shared models; it need not be there.
    static let shared: URL = {
        if let path = ProcessInfo.processInfo.environment["OPTIMIZE_SHARED"] { return URL(fileURLWithPath: path) }
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.deletingLastPathComponent().appendingPathComponent("shared")
    }()

    var path: String { ModelGolden.shared.appendingPathComponent("models/\(model)").path }
    static let isThere = all.contains { FileManager.default.fileExists(atPath: $0.path) }
}

private let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
}

private func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    crcTable.withUnsafeBufferPointer { table in
        ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 255)] ^ $0 >> 8 }
    }
}

@Suite(.enabled(if: ModelGolden.isThere, "needs the shared models, beside the package or at OPTIMIZE_SHARED"))
struct ModelGoldenTests {
    private func fill(_ buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) {
        for (index, (buffer, info)) in zip(buffers, tensors).enumerated() {
            var generator = Generator(state: UInt64(index + 1))
            if info.type == .float32 {
                for k in 0..<buffer.count / 4 {
                    let value = (Float(generator.next() >> 56) - 128) / 64
                    buffer.storeBytes(of: value, toByteOffset: k * 4, as: Float.self)
                }
            } else {
                for k in 0..<buffer.count { buffer[k] = UInt8(generator.next() >> 56) }
            }
        }
    }

    /// A tensor's bytes as the model has them: a plan may store signed ones as unsigned ones, 128 more.
    private func modelBytes(_ bytes: UnsafeRawBufferPointer, of value: ValueID, _ model: Model, _ plan: Plan) -> [UInt8]
    {
        let isMoved = model.main[value].type == .int8 && plan.info(of: value)?.type == .uint8
        return isMoved ? bytes.map { $0 ^ 0x80 } : Array(bytes)
    }

    /// Integer tensors are equal bit for bit, inner ones too; float results within 1e-5 of the largest.
    @Test(arguments: ModelGolden.all)
    func equalsLiteRT(_ golden: ModelGolden) throws {
        let model = try TFLiteReader.read(MappedFile(path: golden.path))
        let plan = try Plan(model)
        let execution = try Execution(plan, pool: ThreadPool(threads: 2), sharesAll: true)
        execution.withInputs { fill($0, as: plan.inputs) }
        var compared = 0
        try execution.run { value, bytes in
            guard let index = model.main[value].source?.index, let expected = golden.checksums["\(index)"],
                plan.info(of: value)?.type != .float32
            else { return }
            compared += 1
            #expect(checksum(modelBytes(bytes, of: value, model, plan)) == expected, "\(model.main.describe(value))")
        }
        // Steps that became part of others would be missing here.
        if plan.inputs[0].type != .float32 { #expect(compared == plan.steps.count + plan.inputs.count) }
        for (index, expected) in golden.outputs.enumerated() where plan.outputs[index].type == .float32 {
            let error = execution.withOutput(index) { bytes in
                expected.withUnsafeBytes { relativeError(bytes, Array($0)) }
            }
            #expect(error <= 1e-5)
        }
    }

    /// LiteRT's arenas were measured as the span of all tensors that it allocates.
    @Test(arguments: [
        ("resnet8_official_int8", 52_224), ("vww_mobilenet_official_int8", 82_944), ("kws_dscnn_official_int8", 16_512),
        ("toycar_official_int8", 1_408), ("mnist_conv_fc_aeq_int8", 8_672), ("resnet8", 208_896),
        ("vww_mobilenet", 331_776), ("kws_dscnn", 65_984), ("toycar", 5_632), ("mobilenet_v1_025_224", 1_806_336),
        ("mnist_conv_fc", 34_496), ("face_detection_front", 1_769_472),
    ])
    func arenaIsNoLargerThanLiteRTs(_ model: String, _ bytes: Int) throws {
        let path = ModelGolden.shared.appendingPathComponent("models/\(model)")
        #expect(try Plan(TFLiteReader.read(MappedFile(path: path.path + ".tflite"))).arenaByteCount <= bytes)
        // The same network with its channels first, and what it takes to move them.
        let twin = path.path + ".onnx"
        guard FileManager.default.fileExists(atPath: twin) else { return }
        let other = try ONNXReader.read(MappedFile(path: twin))
        #expect(try Plan(other, options: PlanOptions(for: other)).arenaByteCount <= bytes * 11 / 10)
    }

    /// A plan that keeps all values gives what can be seen while running.
    @Test func keptValuesAreThoseObserved() throws {
        for golden in ModelGolden.all where golden.model.hasPrefix("resnet8") {
            let model = try TFLiteReader.read(MappedFile(path: golden.path))
            var options = PlanOptions()
            options.keepsAllValues = true
            let (plain, keeping) = (try Plan(model), try Plan(model, options: options))
            let (execution, other) = (try Execution(plain), try Execution(keeping))
            execution.withInputs { fill($0, as: plain.inputs) }
            other.withInputs { fill($0, as: keeping.inputs) }
            try other.run()
            try execution.run { value, bytes in
                let expected = modelBytes(bytes, of: value, model, plain)
                #expect(other.withTensor(value) { $0.elementsEqual(expected) } == true)
            }
            #expect(plain.arenaByteCount < keeping.arenaByteCount)
        }
    }

    /// Bytes that are stored unsigned between convolutions, and in sums, lead to the same results in all numerics.
    @Test(arguments: [Numerics.reference, .xnnpack, .onnxruntime])
    func unsignedBytesChangeNoResult(_ numerics: Numerics) throws {
        for golden in ModelGolden.all
        where ["resnet8_official_int8", "vww_mobilenet_official_int8"].contains(where: golden.model.hasPrefix) {
            let model = try TFLiteReader.read(MappedFile(path: golden.path))
            func outputs(joins: Bool) throws -> (bytes: [UInt8], unsigned: Int) {
                var options = PlanOptions()
                (options.numerics, options.joinsOperators) = (numerics, joins)
                let plan = try Plan(model, options: options)
                let execution = try Execution(plan)
                execution.withInputs { fill($0, as: plan.inputs) }
                try execution.run()
                let unsigned = model.main.valueIDs.count { plan.info(of: $0)?.type == .uint8 }
                return (execution.withOutput(0) { Array($0) }, unsigned)
            }
            let (stored, plain) = (try outputs(joins: true), try outputs(joins: false))
            #expect(stored.bytes == plain.bytes)
            #expect(plain.unsigned == 0)
            if PlanOptions().instructionSet == nil, InstructionSet.best == .avx512 { #expect(stored.unsigned > 5) }
        }
    }
}
