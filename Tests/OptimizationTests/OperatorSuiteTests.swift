import Foundation
import ModelGraph
import ONNXFormat
import Runtime
import TFLiteFormat
import Testing

@testable import Optimization

/// A model that holds most operators side by side, each behind convolutions of its own, and what LiteRT's reference kernels
/// or onnxruntime compute for it; made by `Scripts/make-golden-suite`.
struct SuiteModel: CustomTestStringConvertible {
    let file: String

    var testDescription: String { file }

    static let real = [SuiteModel(file: "operators.tflite"), SuiteModel(file: "operators.onnx")]
    static let integer = [SuiteModel(file: "operators-int8.tflite"), SuiteModel(file: "operators-int8.onnx")]

    private var path: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(file)")
    }

    func read() throws -> Model {
        let mapped = try MappedFile(path: path.path)
        return file.hasSuffix(".onnx") ? try ONNXReader.read(mapped) : try TFLiteReader.read(mapped)
    }

    /// The input with all outputs behind it.
    func golden() throws -> [Float] {
        let bytes = try [UInt8](Data(contentsOf: path.appendingPathExtension("golden")))
        return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
}

/// One output of the suite, as numbers whatever its type is.
struct SuiteOutput {
    let name: String
    let isReal: Bool
    let values: [Float]

    static func all(of model: Model, input: ArraySlice<Float>) throws -> [SuiteOutput] {
        let plan = try Plan(model, options: PlanOptions(for: model))
        let execution = try Execution(plan)
        execution.withInputs { buffers in
            Array(input).withUnsafeBytes { buffers[0].copyMemory(from: $0) }
        }
        try execution.run()
        return plan.outputs.indices.map { index in
            let name = model.main[model.main.outputs[index]].name
            let type = plan.outputs[index].type
            return SuiteOutput(
                name: name, isReal: type == .float32,
                values: execution.withOutput(index) { bytes in
                    switch type {
                    case .int64: bytes.bindMemory(to: Int64.self).map { Float($0) }
                    case .int32: bytes.bindMemory(to: Int32.self).map { Float($0) }
                    case .bool: bytes.map { Float($0) }
                    default: Array(bytes.bindMemory(to: Float.self))
                    }
                })
        }
    }

    /// In decibels.
    func signalToNoise(of approximate: ArraySlice<Float>) -> Double {
        var (signal, noise) = (0.0, 0.0)
        for (value, other) in zip(values, approximate) {
            signal += Double(value) * Double(value)
            noise += Double(value - other) * Double(value - other)
        }
        return noise == 0 ? .infinity : 10 * log10(signal / noise)
    }
}

@Suite struct OperatorSuiteTests {
    private static let inputCount = 144

    private func expect(_ model: Model, equals golden: [Float], within tolerance: Double) throws {
        var position = Self.inputCount
        for output in try SuiteOutput.all(of: model, input: golden[..<Self.inputCount]) {
            let end = position + output.values.count
            try #require(end <= golden.count)
            let expected = Array(golden[position..<end])
            let error = PassRun.difference([expected.map(Double.init)], [output.values.map(Double.init)])
            #expect(error <= tolerance, "\(output.name)")
            position = end
        }
        #expect(position == golden.count)
    }

    @Test(arguments: SuiteModel.real) func asItIs(_ suite: SuiteModel) throws {
        try expect(suite.read(), equals: suite.golden(), within: 1e-5)
    }

    @Test(arguments: SuiteModel.real) func cleanedUp(_ suite: SuiteModel) throws {
        let model = try suite.read()
        let result = try PassRun.apply("clean-up", to: model).model
        #expect(result.main.order.count <= model.main.order.count)
        try expect(result, equals: suite.golden(), within: 1e-5)
    }

    /// Integers are equal where the real numbers behind them are within far less than a step.
    @Test(arguments: SuiteModel.integer) func integersAreTheEngines(_ suite: SuiteModel) throws {
        try expect(suite.read(), equals: suite.golden(), within: 1e-6)
    }

    @Test(arguments: SuiteModel.real) func quantized(_ suite: SuiteModel) throws {
        let model = try suite.read()
        var settings = PipelineSettings()
        settings.passes = ["quantize", "fold-batchnorm"]
        settings.quantization = QuantizationSettings(mode: .int8)
        let result = try Pipeline.run(
            model, settings: settings, calibration: RandomSamples(), threads: ThreadPool(threads: 1))
        let golden = try suite.golden()
        var position = Self.inputCount
        for output in try SuiteOutput.all(of: result.model, input: golden[..<Self.inputCount]) {
            let expected = golden[position..<min(golden.count, position + output.values.count)]
            // An index or a comparison flips where numbers are near each other; a floor jumps by one.
            let least: Double = !output.isReal ? 6 : output.name == "floor" ? 10 : 18
            #expect(output.signalToNoise(of: expected) >= least, "\(output.name)")
            position += output.values.count
        }
    }

    /// What an operator of the suite is with --int8; those that are not named here carry integers.
    @Test func staysRealOnlyWhereThereIsNoIntegerForm() throws {
        let real: [String: Set<String>] = [
            "operators.tflite": ["Exp", "Square", "Floor", "Sin", "ReduceSum", "CumSum"],
            "operators.onnx": [
                "Tanh", "Elu", "HardSwish", "HardSigmoid", "Gelu", "Softplus", "ErrorFunction", "Abs", "Negate", "Exp",
                "Softmax", "LogSoftmax", "GlobalMaxPool", "Identity", "LeakyRelu", "Subtract", "Maximum", "Minimum",
                "Greater",
                "ReduceMean", "ReduceSum", "Pad", "SpaceToDepth", "Resize", "CumSum", "TransposedConvolution", "Clip",
            ],
        ]
        for suite in SuiteModel.real {
            var settings = PipelineSettings()
            settings.passes = ["quantize"]
            settings.quantization = QuantizationSettings(mode: .int8)
            let result = try Pipeline.run(
                try suite.read(), settings: settings, calibration: RandomSamples(count: 2),
                threads: ThreadPool(threads: 1))
            let left = Set(result.records[0].realOperators.map(\.operation))
            #expect(left == real[suite.file])
        }
    }
}
