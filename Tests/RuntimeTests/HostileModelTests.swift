import Foundation
import ModelGraph
import Operators
import Runtime
import TFLiteFormat
import Testing

/// Whatever a model holds, it is planned and run, or refused with an error.
@Suite struct HostileModelTests {
    private func value(
        _ type: ElementType, _ sizes: [Int], _ quantization: Quantization? = nil, constant: TensorData? = nil
    ) -> Value {
        Value(name: "v", type: type, shape: Shape(sizes), quantization: quantization, constant: constant)
    }

    /// A model of one node whose operands without data are fed.
    private func model(_ operation: any ModelGraph.Operation, _ inputs: [Value?], _ output: Value) -> Model {
        var graph = Graph(name: "main")
        let ids = inputs.map { $0.map { graph.addValue($0) } }
        let result = graph.addValue(output)
        graph.addNode(Node(operation, inputs: ids, outputs: [result]))
        graph.setInterface(
            inputs: zip(ids, inputs).compactMap { $1?.constant == nil ? $0 : nil }, outputs: [result])
        return Model(format: .tflite, graphs: [graph])
    }

    private func expectRefusal(
        _ model: Model, _ code: RuntimeErrorCode, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: RuntimeError.self, comment, sourceLocation: sourceLocation) { try Plan(model) }
        #expect(error?.code == code, comment, sourceLocation: sourceLocation)
    }

    @Test func quantization() {
        let convolution = Convolution(strides: [1, 1])
        func model(_ x: Quantization?, _ w: Quantization?, _ y: Quantization?) -> Model {
            self.model(
                convolution,
                [
                    value(.int8, [1, 3, 3, 2], x),
                    value(.int8, [2, 1, 1, 2], w, constant: TensorData([Int8](repeating: 1, count: 4))),
                ], value(.int8, [1, 3, 3, 2], y))
        }
        let good = Quantization(scale: 0.1, zeroPoint: 0)
        #expect(throws: Never.self) { try Plan(model(good, good, good)) }
        expectRefusal(model(nil, good, good), .invalidModel)
        expectRefusal(model(good, nil, good), .invalidModel)
        expectRefusal(model(good, good, nil), .invalidModel)
        for scale in [Float.nan, 0, -1, .infinity] {
            expectRefusal(model(Quantization(scale: scale, zeroPoint: 0), good, good), .invalidModel)
            expectRefusal(model(good, Quantization(scale: scale, zeroPoint: 0), good), .invalidModel)
            expectRefusal(model(good, good, Quantization(scale: scale, zeroPoint: 0)), .invalidModel)
        }
        for zeroPoint in [128, -129, Int64.max, Int64.min] {
            expectRefusal(model(Quantization(scale: 1, zeroPoint: zeroPoint), good, good), .invalidModel)
        }
        expectRefusal(model(good, Quantization(scale: 1, zeroPoint: 3), good), .unsupportedType)
        expectRefusal(model(good, Quantization(scales: [1, 2], axis: 1), good), .invalidModel)
        expectRefusal(model(Quantization(scales: [1, 2], axis: 3), good, good), .invalidModel)
        // Factors far beyond what integers can hold.
        for (x, y) in [(Float.leastNonzeroMagnitude, Float.greatestFiniteMagnitude), (1e30, 1e-30)] {
            #expect(throws: Never.self) {
                let plan = try Plan(
                    model(Quantization(scale: x, zeroPoint: 0), good, Quantization(scale: y, zeroPoint: 0)))
                _ = try RandomGraph.run(plan)
            }
        }
    }

    @Test func memory() {
        let huge = 1 << 20
        expectRefusal(
            model(Unary(.relu), [value(.float32, [huge, huge])], value(.float32, [huge, huge])), .outOfMemory)
        expectRefusal(
            model(Unary(.relu), [value(.float32, [Int.max, 2])], value(.float32, [1])), .invalidModel)
        let tiny = value(.float32, [1, 1, 1, 1])
        expectRefusal(
            model(
                ResizeBilinear(),
                [tiny, value(.int32, [2], constant: TensorData([Int32.max, 1 << 16]))],
                value(.float32, [1, 1, 1, 1])), .outOfMemory)
        expectRefusal(
            model(
                Pad(),
                [tiny, value(.int32, [4, 2], constant: TensorData([Int32](repeating: .max, count: 8)))],
                value(.float32, [1, 1, 1, 1])), .invalidModel)
    }

    /// Products of some of the extents have to be numbers, too.
    @Test func extentsBehindZero() {
        let sizes = [0] + Array(repeating: Int(Int32.max), count: 4)
        #expect(Shape.elementCount(sizes) == nil)
        #expect(Shape.elementCount([0, 1 << 31, 5]) == 0)
        #expect(!Shape.isCountable([0, 1 << 25, 1 << 24]))
        #expect(Shape.isCountable([0, 1 << 24, 1 << 24]))
        let dims = [0, 1 << 30, 1 << 30]
        expectRefusal(model(Unary(.relu), [value(.float32, dims)], value(.float32, dims)), .outOfMemory)
    }

    /// What is computed while planning takes more memory than its result.
    @Test func tables() {
        let length = value(.int64, [], constant: TensorData([Int64(1) << 30]))
        expectRefusal(model(WindowFunction(.hann), [length], value(.float32, [1 << 30])), .outOfMemory)
    }

    @Test func operandsThatDoNotFit() {
        let constant = TensorData([Float](repeating: 1, count: 4))
        let good = Quantization(scale: 0.1, zeroPoint: 0)
        let x = value(.float32, [1, 3, 3, 2])
        let w = value(.float32, [2, 1, 1, 2], constant: constant)
        let y = value(.float32, [1, 3, 3, 2])
        expectRefusal(model(Convolution(strides: [0, 1]), [x, w], y), .invalidModel)
        expectRefusal(model(Convolution(strides: []), [x, w], y), .invalidModel)
        expectRefusal(model(Convolution(strides: [1, 1]), [x], y), .invalidModel)
        expectRefusal(model(Convolution(strides: [1, 1]), [x, nil], y), .invalidModel)
        expectRefusal(model(Convolution(strides: [1, 1], activation: .tanh), [x, w], y), .unsupportedOperator)
        expectRefusal(model(Convolution(strides: [1, 1]), [value(.float16, [1, 3, 3, 2]), w], y), .invalidModel)
        expectRefusal(model(Convolution(strides: [1, 1]), [x, w], value(.int8, [1, 3, 3, 2])), .invalidModel)
        // Fewer bytes than the shape asks for.
        expectRefusal(
            model(
                Convolution(strides: [1, 1]), [x, value(.float32, [2, 1, 1, 2], constant: TensorData([Float(1)]))], y),
            .invalidModel)
        expectRefusal(model(Unary(.relu), [value(.string, [1])], value(.string, [1])), .unsupportedType)
        expectRefusal(model(Unary(.sin), [value(.int8, [1], good)], value(.int8, [1], good)), .unsupportedType)
        let q = value(.int8, [1, 3], good)
        expectRefusal(model(Softmax(axis: 0), [q], q), .unsupportedOperator)
        expectRefusal(model(OpaqueOperation(name: "CUSTOM:x"), [x], y), .unsupportedOperator)
    }

    /// What has to be known to plan, and is computed: the node is planned when it is.
    @Test func operandsThatAreComputed() throws {
        let x = value(.float32, [1, 3, 3, 2])
        let weights = model(Convolution(strides: [1, 1]), [x, value(.float32, [2, 1, 1, 2])], x)
        #expect(try Plan(weights).isDynamic)
        #expect(throws: Never.self) { _ = try RandomGraph.run(Plan(weights)) }
        let first = value(.float32, [1, 2, 3, 3])
        let filters = value(.float32, [2, 2, 1, 1])
        let channelsFirst = Convolution(strides: [1, 1], layout: .channelsFirst)
        #expect(throws: Never.self) { _ = try RandomGraph.run(Plan(model(channelsFirst, [first, filters], first))) }
        let shaped = model(Reshape(), [x, value(.int32, [1])], value(.float32, [18]))
        #expect(try Plan(shaped).isDynamic)
        // The shape that it is fed does not fit.
        #expect(throws: RuntimeError.self) {
            let execution = try Execution(try Plan(shaped))
            execution.withInputs { $0[1].storeBytes(of: 7, as: Int32.self) }
            try execution.run()
        }
        #expect(throws: RuntimeError.self) {
            let execution = try Execution(
                try Plan(model(Gather(axis: 1), [first, value(.int64, [1])], value(.float32, [1, 1, 3, 3]))))
            execution.withInputs { $0[1].storeBytes(of: 7, as: Int64.self) }
            try execution.run()
        }
    }

    @Test func noElements() throws {
        let empty = value(.float32, [2, 0])
        let execution = try Execution(try Plan(model(Unary(.relu), [empty], empty)))
        try execution.run()
        #expect(execution.plan.inputs.map(\.shape) == [[2, 0]])
        #expect(execution.outputInfo(0).shape == [2, 0])
    }

    @Test func channelsFirstOperandsThatDoNotFit() {
        let x = value(.float32, [1, 2, 3, 3])
        let y = value(.float32, [1, 2, 3, 3])
        let four = TensorData([Float](repeating: 1, count: 4))
        let convolution = Convolution(strides: [1, 1], layout: .channelsFirst)
        expectRefusal(
            model(convolution, [x, value(.float32, [1, 4, 1, 1], constant: four)], y), .invalidModel, "channels")
        expectRefusal(
            model(
                Convolution(strides: [1, 1], groups: 2, layout: .channelsFirst),
                [x, value(.int8, [2, 2, 1, 1], constant: TensorData([Int8](repeating: 1, count: 4)))], y),
            .invalidModel, "groups")
        expectRefusal(
            model(
                Gemm(), [value(.float32, [2, 0]), value(.float32, [0, 2], constant: TensorData([Float]()))],
                value(.float32, [2, 2])), .invalidModel, "no elements")
        let empty = value(.float32, [2, 0], constant: TensorData([Float]()))
        let none = value(.float32, [0, 2], constant: TensorData([Float]()))
        expectRefusal(model(Gemm(), [empty, none], value(.float32, [2, 2])), .invalidModel, "only constants")
        expectRefusal(
            model(BatchNormalization(), [x, x, x, x, x], y), .invalidModel, "parameters of another shape")
        expectRefusal(
            model(Pool(.max, window: [9, 9], strides: [1, 1], layout: .channelsFirst), [x], y), .invalidModel)
    }

    /// Scales and zero points that are none, in onnxruntime's arithmetic.
    @Test(arguments: [Float.nan, 0, -1, .infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude])
    func scalesOfOnnxruntime(_ scale: Float) {
        let odd = Quantization(scale: scale, zeroPoint: 3)
        let good = Quantization(scale: 0.1, zeroPoint: 0)
        var options = PlanOptions()
        options.numerics = .onnxruntime
        for type in [ElementType.uint8, .int8] {
            let (x, y) = (value(type, [1, 2, 3, 3], odd), value(type, [1, 2, 3, 3], good))
            for (operation, inputs) in [
                (Binary(.add), [x, x]), (Binary(.multiply), [x, y]), (Unary(.logistic), [x]), (Softmax(axis: 1), [x]),
                (Pool(.average, window: [1, 1], strides: [1, 1], layout: .channelsFirst), [x]),
                (Concatenation(axis: 0), [x]), (Quantize(), [x]),
            ] as [(any ModelGraph.Operation, [Value])] {
                // Either an error or a result.
                if let plan = try? Plan(model(operation, inputs, y), options: options) {
                    #expect(throws: Never.self) { _ = try RandomGraph.run(plan) }
                }
            }
        }
    }

    @Test func brokenGraphs() {
        var graph = Graph(name: "main")
        let a = graph.addValue(value(.float32, [4]))
        let b = graph.addValue(value(.float32, [4]))
        graph.addNode(Node(Unary(.relu), inputs: [a], outputs: [b]))
        graph.setInterface(inputs: [], outputs: [b])
        expectRefusal(Model(format: .tflite, graphs: [graph]), .invalidModel, "never computed")
        graph.setInterface(inputs: [a, b], outputs: [b])
        expectRefusal(Model(format: .tflite, graphs: [graph]), .invalidModel, "fed as well as computed")
        graph.setInterface(inputs: [a], outputs: [ValueID(index: 77)])
        expectRefusal(Model(format: .tflite, graphs: [graph]), .invalidModel, "dangling")
        graph.setInterface(inputs: [a, a], outputs: [b, b, a])
        #expect(throws: Never.self) { _ = try RandomGraph.run(Plan(Model(format: .tflite, graphs: [graph]))) }
        #expect(throws: RuntimeError.self) { try Plan(Model(format: .tflite, graphs: [graph]), graph: 1) }
    }

    /// Flips bits in the golden models; whatever still reads must plan and run, or be refused.
    @Test func flippedBits() throws {
        var generator = Generator(state: 77)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("flip-\(UUID().uuidString).tflite")
        defer { try? FileManager.default.removeItem(at: path) }
        var planned = 0
        for (index, golden) in GoldenCase.all.enumerated() where index % 2 == 0 {
            for _ in 0..<6 {
                var bytes = Array(golden.bytes(golden.model))
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                        1 << UInt8.random(in: 0..<8, using: &generator)
                }
                try Data(bytes).write(to: path)
                guard let file = try? MappedFile(path: path.path), let model = try? TFLiteReader.read(file) else {
                    continue
                }
                do throws(RuntimeError) {
                    let plan = try Plan(model)
                    planned += 1
                    guard plan.arenaByteCount < 1 << 20, plan.multiplyAdds < 1 << 20 else { continue }
                    try Execution(plan).run()
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
        #expect(planned > 100)
    }
}
