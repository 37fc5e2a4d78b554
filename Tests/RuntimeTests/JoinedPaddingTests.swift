import ModelGraph
import Operators
import Runtime
import Testing

/// Zeros around an image that a convolution leaves out.
@Suite struct JoinedPaddingTests {
    /// Pad → convolution.
    private static func model(
        _ convolution: any ModelGraph.Operation, x extents: [Int] = [1, 5, 6, 3], w: [Int], amounts: [Int32],
        value: Float? = nil, readsPad: Bool = false
    ) -> Model {
        var generator = Generator(state: 9)
        var graph = Graph(name: "main")
        let x = graph.addValue(Value(name: "x", type: .float32, shape: Shape(extents)))
        let pads = graph.addValue(
            Value(name: "pads", type: .int32, shape: [4, 2], constant: TensorData(amounts)))
        let size = (0..<4).map { extents[$0] + Int(amounts[2 * $0] + amounts[2 * $0 + 1]) }
        let padded = graph.addValue(Value(name: "padded", type: .float32, shape: Shape(size)))
        let filling = value.map {
            graph.addValue(Value(name: "value", type: .float32, shape: [1], constant: TensorData([$0])))
        }
        graph.addNode(Node(Pad(), inputs: [x, pads] + (filling.map { [$0] } ?? []), outputs: [padded]))
        let weights = graph.addValue(
            Value(
                name: "w", type: .float32, shape: Shape(w),
                constant: TensorData(RandomGraph.floats(w.reduce(1, *), &generator))))
        let result = graph.addValue(Value(name: "y", type: .float32, shape: nil))
        graph.addNode(Node(convolution, inputs: [padded, weights], outputs: [result]))
        graph.setInterface(inputs: [x], outputs: readsPad ? [result, padded] : [result])
        return Model(format: .tflite, graphs: [graph])
    }

    private func check(_ model: Model, pads: Int) throws {
        var options = PlanOptions()
        let joined = try Plan(model, options: options)
        options.joinsOperators = false
        let apart = try Plan(model, options: options)
        #expect(joined.steps.count { $0.operation == "Pad" } == pads)
        let (found, expected) = (try RandomGraph.run(joined), try RandomGraph.run(apart))
        #expect(found.count == expected.count && relativeError(found, expected) <= 1e-6)
    }

    @Test func zerosAreJoined() throws {
        for padding in [Padding.valid, .explicit([.init(before: 1, after: 0), .init(before: 0, after: 2)])] {
            let convolution = Convolution(strides: [2, 2], padding: padding)
            let depthwise = DepthwiseConvolution(strides: [1, 2], padding: padding)
            for value in [nil, 0] as [Float?] {
                try check(
                    Self.model(convolution, w: [4, 3, 3, 3], amounts: [0, 0, 0, 1, 2, 1, 0, 0], value: value), pads: 0)
                try check(
                    Self.model(depthwise, w: [1, 3, 3, 3], amounts: [0, 0, 1, 1, 0, 3, 0, 0], value: value), pads: 0)
            }
        }
    }

    /// Other numbers than zero, axes that no window slides over, padding that follows from the extents, other readers.
    @Test func othersStay() throws {
        let valid = Convolution(strides: [1, 1])
        try check(Self.model(valid, w: [4, 3, 3, 3], amounts: [0, 0, 1, 1, 1, 1, 0, 0], value: 1), pads: 1)
        try check(Self.model(valid, w: [4, 3, 3, 5], amounts: [0, 0, 1, 1, 1, 1, 1, 1]), pads: 1)
        try check(Self.model(valid, w: [4, 3, 3, 3], amounts: [1, 0, 1, 1, 1, 1, 0, 0]), pads: 1)
        let same = Convolution(strides: [2, 2], padding: .same)
        try check(Self.model(same, w: [4, 3, 3, 3], amounts: [0, 0, 1, 1, 1, 1, 0, 0]), pads: 1)
        try check(Self.model(valid, w: [4, 3, 3, 3], amounts: [0, 0, 1, 1, 1, 1, 0, 0], readsPad: true), pads: 1)
    }

    /// Windows go over the padding around an image without rows: it is filled while planning.
    @Test func paddingOfNothingStays() throws {
        let valid = Convolution(strides: [1, 1])
        try check(Self.model(valid, x: [1, 0, 6, 3], w: [4, 3, 3, 3], amounts: [0, 0, 2, 2, 1, 1, 0, 0]), pads: 0)
    }
}
