import ModelGraph
import Operators
import Runtime
import Testing

/// What makes one byte of one byte is one table. A plan that keeps all values does each step by itself, and tells what has
/// to come out.
@Suite struct ByteFunctionTests {
    enum Form: CaseIterable {
        case hardSwish, scaledSum, twoEnds, swish, realSwish, parametric, severalReaders, otherOperand

        /// What is left of the operators in a plan.
        var steps: [String] {
            switch self {
            case .hardSwish: ["Dequantize·HardSwish·Quantize"]
            case .scaledSum: ["Dequantize·Multiply·Add·Quantize"]
            case .twoEnds: ["Dequantize·Clip·Quantize"]
            case .swish: ["Logistic·Multiply"]
            case .realSwish: ["Dequantize·Logistic·Multiply·Quantize"]
            case .parametric: ["LeakyRelu"]
            case .severalReaders: ["Dequantize", "Tanh", "Quantize"]
            case .otherOperand: ["Logistic", "Multiply"]
            }
        }
    }

    private struct Builder {
        var graph = Graph(name: "main")

        mutating func bytes(_ name: String, _ scale: Float, _ zeroPoint: Int64, isFed: Bool = false) -> ValueID {
            graph.addValue(
                Value(
                    name: name, type: .uint8, shape: isFed ? [2, 128] : nil,
                    quantization: Quantization(scale: scale, zeroPoint: zeroPoint)))
        }

        mutating func node(_ operation: any ModelGraph.Operation, _ inputs: ValueID...) -> ValueID {
            let y = graph.addValue(Value(name: "r\(graph.order.count)", type: .float32, shape: nil))
            graph.addNode(Node(operation, inputs: inputs, outputs: [y]))
            return y
        }

        mutating func constant(_ value: Float, _ shape: Shape) -> ValueID {
            graph.addValue(
                Value(name: "c\(value)", type: .float32, shape: shape, constant: TensorData([value])))
        }

        mutating func quantize(_ x: ValueID) -> ValueID {
            let y = bytes("y", 0.03, 100)
            graph.addNode(Node(Quantize(), inputs: [x], outputs: [y]))
            return y
        }
    }

    private static func model(_ form: Form) -> Model {
        var builder = Builder()
        let x = builder.bytes("x", 0.05, 120, isFed: true)
        var inputs = [x]
        var outputs: [ValueID] = []
        switch form {
        case .hardSwish:
            outputs = [builder.quantize(builder.node(Unary(.hardSwish), builder.node(Dequantize(), x)))]
        case .scaledSum:
            let product = builder.node(Binary(.multiply), builder.node(Dequantize(), x), builder.constant(0.7, []))
            outputs = [builder.quantize(builder.node(Binary(.add), builder.constant(-0.4, [1, 1, 1]), product))]
        case .twoEnds:
            let real = builder.node(Dequantize(), x)
            let (low, high) = (builder.constant(-1, []), builder.constant(1.5, []))
            outputs = [builder.quantize(builder.node(Clip(), real, low, high))]
        case .swish, .otherOperand:
            let real = builder.node(Unary(.logistic), builder.node(Dequantize(), x))
            let gate = builder.bytes("gate", 1 / 256, 0)
            builder.graph.addNode(Node(Quantize(), inputs: [real], outputs: [gate]))
            var other = x
            if form == .otherOperand {
                other = builder.bytes("x2", 0.01, 7, isFed: true)
                inputs.append(other)
            }
            let (a, b) = (builder.node(Dequantize(), other), builder.node(Dequantize(), gate))
            outputs = [builder.quantize(builder.node(Binary(.multiply), a, b))]
        case .realSwish:
            let real = builder.node(Dequantize(), x)
            outputs = [builder.quantize(builder.node(Binary(.multiply), builder.node(Unary(.logistic), real), real))]
        case .parametric:
            let real = builder.node(Dequantize(), x)
            outputs = [builder.quantize(builder.node(ParametricUnary(.leakyRelu, alpha: 0.2), real))]
        case .severalReaders:
            let real = builder.node(Unary(.tanh), builder.node(Dequantize(), x))
            outputs = [builder.quantize(real), real]
        }
        builder.graph.setInterface(inputs: inputs, outputs: outputs)
        return Model(format: .onnx, graphs: [builder.graph])
    }

    private static func plan(_ model: Model, keepsAllValues: Bool) throws -> Plan {
        var options = PlanOptions()
        (options.numerics, options.keepsAllValues) = (.onnxruntime, keepsAllValues)
        return try Plan(model, options: options)
    }

    private static func run(_ plan: Plan) throws -> [UInt8] {
        let execution = try Execution(plan)
        execution.withInputs { buffers in
            for buffer in buffers { for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index) } }
        }
        try execution.run()
        return execution.withOutput(0) { Array($0) }
    }

    @Test(arguments: Form.allCases)
    func isATable(_ form: Form) throws {
        let model = Self.model(form)
        let plan = try Self.plan(model, keepsAllValues: false)
        #expect(plan.steps.map(\.operation) == form.steps)
        let expected = try Self.run(Self.plan(model, keepsAllValues: true))
        #expect(try Self.run(plan) == expected)
        #expect(Set(expected).count > 10)
    }

    /// Operators on integers, as a .tflite has them; `isGated` multiplies x by its own function, or another operand.
    private static func integers(isGated: Bool) -> Model {
        var graph = Graph(name: "main")
        func bytes(_ name: String, _ scale: Float, _ zeroPoint: Int64) -> ValueID {
            graph.addValue(
                Value(
                    name: name, type: .int8, shape: [2, 128],
                    quantization: Quantization(scale: scale, zeroPoint: zeroPoint)))
        }
        let (x, other, gate) = (bytes("x", 0.05, -8), bytes("other", 0.01, 7), bytes("gate", 1 / 256, -128))
        let y = bytes("y", 0.03, -120)
        graph.addNode(Node(Unary(.logistic), inputs: [x], outputs: [gate]))
        graph.addNode(Node(Binary(.multiply), inputs: [isGated ? x : other, gate], outputs: [y]))
        graph.setInterface(inputs: isGated ? [x] : [x, other], outputs: [y])
        return Model(format: .tflite, graphs: [graph])
    }

    @Test(arguments: [Numerics.reference, .xnnpack], [true, false])
    func integersAreATable(_ numerics: Numerics, _ isGated: Bool) throws {
        let model = Self.integers(isGated: isGated)
        var options = PlanOptions()
        options.numerics = numerics
        let plan = try Plan(model, options: options)
        options.joinsOperators = false
        let observed = try Plan(model, options: options)
        #expect(plan.steps.map(\.operation) == (isGated ? ["Logistic·Multiply"] : ["Logistic", "Multiply"]))
        #expect(observed.steps.map(\.operation) == ["Logistic", "Multiply"])
        let expected = try Self.run(observed)
        #expect(try Self.run(plan) == expected)
        #expect(Set(expected).count > 10)
    }
}
