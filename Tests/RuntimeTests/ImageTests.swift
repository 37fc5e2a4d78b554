import ModelGraph
import Operators
import Runtime
import Testing

/// Images that the convolution behind them has made: quantized, in its order of axes and with its padding around them. A plan
/// that keeps all values does each step by itself, and tells what has to come out.
@Suite struct ImageTests {
    struct Form: CustomStringConvertible, Sendable {
        var input: ElementType
        var layout: TensorLayout
        var spatial: [Int]
        var channels: Int
        var kernel: Int
        var padding: Padding = .same
        var strides = 1
        /// What else reads the image, or reads its convolution's result.
        var other: Other = .nothing

        enum Other: Sendable { case nothing, convolution, dequantize, next }

        var description: String { "\(input) \(layout) \(spatial)×\(channels) by \(kernel), \(padding), \(other)" }
    }

    static let forms: [Form] = [
        Form(input: .float32, layout: .channelsFirst, spatial: [7, 150], channels: 3, kernel: 3),
        Form(input: .float32, layout: .channelsFirst, spatial: [5, 6], channels: 1, kernel: 3),
        Form(input: .float32, layout: .channelsFirst, spatial: [5, 6], channels: 2, kernel: 1),
        Form(input: .float32, layout: .channelsFirst, spatial: [4, 9], channels: 4, kernel: 2, padding: .valid),
        Form(input: .float32, layout: .channelsFirst, spatial: [4, 9], channels: 17, kernel: 3),
        Form(input: .float32, layout: .channelsFirst, spatial: [11], channels: 3, kernel: 3),
        Form(input: .float32, layout: .channelsLast, spatial: [6, 7], channels: 3, kernel: 3),
        Form(input: .float32, layout: .channelsLast, spatial: [6, 7], channels: 20, kernel: 1),
        Form(input: .float32, layout: .channelsLast, spatial: [12], channels: 5, kernel: 3),
        Form(input: .int8, layout: .channelsFirst, spatial: [5, 140], channels: 3, kernel: 3),
        Form(input: .int8, layout: .channelsFirst, spatial: [5, 6], channels: 7, kernel: 1),
        Form(input: .int8, layout: .channelsLast, spatial: [5, 6], channels: 3, kernel: 3),
        // A stride that leaves the windows nothing but padding.
        Form(
            input: .float32, layout: .channelsFirst, spatial: [3, 2], channels: 3, kernel: 1,
            padding: .explicit(Array(repeating: .init(before: 10, after: 0), count: 2)), strides: 50),
        Form(
            input: .int8, layout: .channelsLast, spatial: [3, 2], channels: 3, kernel: 1,
            padding: .explicit(Array(repeating: .init(before: 10, after: 0), count: 2)), strides: 50),
        Form(
            input: .float32, layout: .channelsFirst, spatial: [5, 6], channels: 3, kernel: 3, other: .convolution),
        Form(
            input: .float32, layout: .channelsFirst, spatial: [5, 6], channels: 3, kernel: 3, other: .dequantize),
        Form(input: .float32, layout: .channelsLast, spatial: [5, 6], channels: 3, kernel: 3, other: .dequantize),
        // The bytes between the two are stored in another form than the image's.
        Form(input: .float32, layout: .channelsFirst, spatial: [5, 6], channels: 3, kernel: 3, other: .next),
        Form(input: .float32, layout: .channelsLast, spatial: [5, 6], channels: 3, kernel: 3, other: .next),
        Form(input: .int8, layout: .channelsFirst, spatial: [5, 6], channels: 3, kernel: 3, other: .next),
    ]

    private static func model(_ form: Form) -> Model {
        var generator = Generator(state: 3)
        let isFirst = form.layout == .channelsFirst
        let x = isFirst ? [2, form.channels] + form.spatial : [2] + form.spatial + [form.channels]
        let window = form.spatial.map { _ in form.kernel }
        let (outputs, w) = (6, isFirst ? [6, form.channels] + window : [6] + window + [form.channels])
        var graph = Graph(name: "main")
        let quantization = Quantization(scale: 0.011, zeroPoint: -9)
        let input = graph.addValue(
            Value(
                name: "x", type: form.input, shape: Shape(x), quantization: form.input == .int8 ? quantization : nil))
        var image = input
        if form.input == .float32 {
            image = graph.addValue(Value(name: "q", type: .int8, shape: Shape(x), quantization: quantization))
            graph.addNode(Node(Quantize(), inputs: [input], outputs: [image]))
        }
        let count = w.reduce(1, *)
        let weights = graph.addValue(
            Value(
                name: "w", type: .int8, shape: Shape(w),
                quantization: Quantization(scales: (0..<outputs).map { 0.01 + Float($0) * 0.003 }, axis: 0),
                constant: TensorData(RandomGraph.bytes(count, &generator))))
        func addConvolution(_ name: String, strides: Int) -> ValueID {
            let y = graph.addValue(
                Value(name: name, type: .int8, shape: nil, quantization: Quantization(scale: 0.07, zeroPoint: 4)))
            let operation = Convolution(
                strides: window.map { _ in strides }, dilations: window.map { _ in 1 }, padding: form.padding,
                layout: form.layout)
            graph.addNode(Node(operation, inputs: [image, weights], outputs: [y]))
            return y
        }
        var results = [addConvolution("y", strides: form.strides)]
        switch form.other {
        case .nothing: break
        case .convolution: results.append(addConvolution("z", strides: 2))
        case .dequantize:
            let real = graph.addValue(Value(name: "r", type: .float32, shape: Shape(x)))
            graph.addNode(Node(Dequantize(), inputs: [image], outputs: [real]))
            results.append(real)
        case .next:
            let ones = window.map { _ in 1 }
            let weights = graph.addValue(
                Value(
                    name: "v", type: .int8,
                    shape: Shape(isFirst ? [outputs, outputs] + ones : [outputs] + ones + [outputs]),
                    quantization: Quantization(scale: 0.02, zeroPoint: 0),
                    constant: TensorData(RandomGraph.bytes(outputs * outputs, &generator))))
            let operation = Convolution(strides: ones, dilations: ones, layout: form.layout)
            let next = graph.addValue(
                Value(name: "z", type: .int8, shape: nil, quantization: Quantization(scale: 0.2, zeroPoint: -3)))
            graph.addNode(Node(operation, inputs: [results[0], weights], outputs: [next]))
            results = [next]
        }
        graph.setInterface(inputs: [input], outputs: results)
        return Model(format: .onnx, graphs: [graph])
    }

    private static func run(
        _ model: Model, _ numerics: Numerics, _ set: InstructionSet, keepsAllValues: Bool
    ) throws -> [[UInt8]] {
        var options = PlanOptions()
        (options.numerics, options.instructionSet, options.keepsAllValues) = (numerics, set, keepsAllValues)
        let plan = try Plan(model, options: options)
        let execution = try Execution(plan)
        execution.withInputs { buffers in
            for (index, _) in buffers[0].enumerated() where plan.inputs[0].type == .int8 {
                buffers[0][index] = UInt8(truncatingIfNeeded: index &* 37)
            }
            guard plan.inputs[0].type == .float32 else { return }
            let reals = buffers[0].bindMemory(to: Float.self)
            // Halves of steps among them, and what no step stands for.
            for index in reals.indices { reals[index] = 0.011 * (Float(index * 29 % 300) / 2 - 75) }
            (reals[1], reals[2], reals[3]) = (.nan, .infinity, -.infinity)
        }
        try execution.run()
        return plan.outputs.indices.map { execution.withOutput($0) { Array($0) } }
    }

    @Test(arguments: KernelVariantTests.variants, Numerics.allCases)
    func isMadeOnTheWay(_ set: InstructionSet, _ numerics: Numerics) throws {
        for form in Self.forms {
            let model = Self.model(form)
            let expected = try Self.run(model, numerics, .portable, keepsAllValues: true)
            #expect(try Self.run(model, numerics, set, keepsAllValues: false) == expected, "\(form)")
        }
    }

    /// The quantized image takes no memory of its own, and no step.
    @Test func needsNoStep() throws {
        let plan = try Plan(Self.model(Self.forms[0]))
        #expect(plan.steps.map(\.operation) == ["Convolution"])
        for form in Self.forms where form.input == .float32 && form.other == .next {
            #expect(try Plan(Self.model(form)).steps.map(\.operation) == ["Convolution", "Convolution"], "\(form)")
        }
    }

    @Test func means() throws {
        for set in KernelVariantTests.variants where set != .portable {
            for (name, model) in RandomGraph.means() {
                var options = PlanOptions()
                (options.numerics, options.instructionSet) = (.onnxruntime, .portable)
                let expected = try RandomGraph.run(Plan(model, options: options))
                options.instructionSet = set
                #expect(try RandomGraph.run(Plan(model, options: options)) == expected, "\(name) \(set)")
            }
        }
    }
}

extension RandomGraph {
    /// Means of bytes over windows and over whole images.
    static func means() -> [(String, Model)] {
        var models: [(String, Model)] = []
        for channels in [1, 15, 16, 33, 64, 130] {
            for kind in 0..<3 {
                let size = kind == 2 ? [20, 14] : [5, 6]
                var graph = Graph(name: "main")
                let x = graph.addValue(
                    Value(
                        name: "x", type: kind == 0 ? .int8 : .uint8, shape: Shape([2] + size + [channels]),
                        quantization: Quantization(scale: 0.05, zeroPoint: kind == 0 ? -7 : 100)))
                let y = graph.addValue(
                    Value(
                        name: "y", type: kind == 0 ? .int8 : .uint8, shape: nil,
                        quantization: Quantization(scale: 0.02, zeroPoint: 3)))
                let window = Pool(.average, window: [3, 2], strides: [2, 1], padding: .same)
                let operation: any ModelGraph.Operation = kind == 0 ? window : GlobalPool(.average)
                graph.addNode(Node(operation, inputs: [x], outputs: [y]))
                graph.setInterface(inputs: [x], outputs: [y])
                models.append(("mean \(channels) \(kind)", Model(format: .onnx, graphs: [graph])))
            }
        }
        return models
    }
}
