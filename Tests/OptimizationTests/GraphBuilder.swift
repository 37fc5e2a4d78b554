import ModelGraph
import Operators

/// Builds small graphs for tests.
struct GraphBuilder {
    private(set) var graph = Graph(name: "test")
    private var inputs: [ValueID] = []

    mutating func input(_ name: String, _ shape: Shape, _ type: ElementType = .float32) -> ValueID {
        let id = graph.addValue(Value(name: name, type: type, shape: shape))
        inputs.append(id)
        return id
    }

    mutating func constant(_ name: String, _ shape: Shape, _ values: [Float]) -> ValueID {
        precondition(values.count == shape.elementCount)
        return graph.addValue(Value(name: name, type: .float32, shape: shape, constant: TensorData(values)))
    }

    mutating func constant(_ name: String, _ values: [Int32]) -> ValueID {
        graph.addValue(Value(name: name, type: .int32, shape: [values.count], constant: TensorData(values)))
    }

    mutating func scalar(_ name: String, _ element: Int32) -> ValueID {
        graph.addValue(Value(name: name, type: .int32, shape: [], constant: TensorData([element])))
    }

    /// - Parameter bits: IEEE 754 binary16.
    mutating func half(_ name: String, _ shape: Shape, _ bits: [UInt16]) -> ValueID {
        graph.addValue(Value(name: name, type: .float16, shape: shape, constant: TensorData(bits)))
    }

    mutating func double(_ name: String, _ shape: Shape, _ values: [Double]) -> ValueID {
        graph.addValue(Value(name: name, type: .float64, shape: shape, constant: TensorData(values)))
    }

    /// The amounts before and behind each axis.
    mutating func amounts(_ name: String, _ values: [Int32]) -> ValueID {
        graph.addValue(
            Value(name: name, type: .int32, shape: [values.count / 2, 2], constant: TensorData(values)))
    }

    /// A batch normalization of the axis that has `channels`, with random statistics.
    mutating func batchNorm(
        _ x: ValueID, _ name: String, channels: Int, _ shape: Shape, layout: TensorLayout = .channelsFirst,
        random: inout SeededGenerator
    ) -> ValueID {
        let gamma = constant("\(name)/gamma", [channels], random.floats(channels))
        let beta = constant("\(name)/beta", [channels], random.floats(channels))
        let mean = constant("\(name)/mean", [channels], random.floats(channels))
        let variance = constant("\(name)/variance", [channels], random.floats(channels, in: 0.1...3))
        return node(
            BatchNormalization(epsilon: 1e-3, layout: layout), [x, gamma, beta, mean, variance], name, shape)
    }

    @discardableResult
    mutating func node(
        _ operation: any Operation, _ inputs: [ValueID?], _ name: String, _ shape: Shape,
        _ type: ElementType = .float32
    ) -> ValueID {
        let output = graph.addValue(Value(name: name, type: type, shape: shape))
        graph.addNode(Node(operation, inputs: inputs, outputs: [output]))
        return output
    }

    mutating func finish(_ outputs: ValueID..., format: ModelFormat = .tflite) -> Model {
        graph.setInterface(inputs: inputs, outputs: outputs)
        return Model(format: format, graphs: [graph])
    }
}

/// A small deterministic generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &self) }
    }
}
