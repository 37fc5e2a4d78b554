import ModelGraph
import Operators
import Runtime

/// A deterministic source of numbers (splitmix64).
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

/// Models of one operator with random weights.
enum RandomGraph {
    enum Arithmetic: CaseIterable { case float32, int8, hybrid }

    static func bytes(_ count: Int, _ generator: inout Generator) -> [Int8] {
        (0..<count).map { _ in Int8.random(in: -127...127, using: &generator) }
    }

    static func floats(_ count: Int, _ generator: inout Generator) -> [Float] {
        (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    }

    /// A linear operator: x fed, w and b constant.
    /// - Parameter axis: that of w's output channels.
    static func linear(
        _ operation: any ModelGraph.Operation, x: [Int], w: [Int], axis: Int, y: [Int], _ arithmetic: Arithmetic,
        scale: Float = 0.3, seed: UInt64 = 1
    ) -> Model {
        var generator = Generator(state: seed)
        let count = w.reduce(1, *)
        let outputs = w[axis]
        let isInteger = arithmetic == .int8
        var graph = Graph(name: "main")
        let input = graph.addValue(
            Value(
                name: "x", type: isInteger ? .int8 : .float32, shape: Shape(x),
                quantization: isInteger ? Quantization(scale: 0.05, zeroPoint: -7) : nil))
        let scales = (0..<outputs).map { _ in Float.random(in: 0.001...0.02, using: &generator) }
        let weights = graph.addValue(
            Value(
                name: "w", type: arithmetic == .float32 ? .float32 : .int8, shape: Shape(w),
                quantization: arithmetic == .float32 ? nil : Quantization(scales: scales, axis: axis),
                constant: arithmetic == .float32
                    ? TensorData(floats(count, &generator)) : TensorData(bytes(count, &generator))))
        let bias = graph.addValue(
            Value(
                name: "b", type: isInteger ? .int32 : .float32, shape: Shape([outputs]),
                constant: isInteger
                    ? TensorData((0..<outputs).map { _ in Int32.random(in: -5000...5000, using: &generator) })
                    : TensorData(floats(outputs, &generator))))
        let output = graph.addValue(
            Value(
                name: "y", type: isInteger ? .int8 : .float32, shape: Shape(y),
                quantization: isInteger ? Quantization(scale: scale, zeroPoint: 11) : nil))
        graph.addNode(Node(operation, inputs: [input, weights, bias], outputs: [output]))
        graph.setInterface(inputs: [input], outputs: [output])
        return Model(format: .tflite, graphs: [graph])
    }

    /// The first output's bytes for a random input.
    static func run(_ plan: Plan, pool: ThreadPool? = nil, seed: UInt64 = 5) throws -> [UInt8] {
        var generator = Generator(state: seed)
        let execution = try Execution(plan, pool: pool, sharesAll: true)
        execution.withInputs { buffers in
            for (buffer, info) in zip(buffers, plan.inputs) {
                if info.type == .float32 {
                    floats(buffer.count / 4, &generator).withUnsafeBytes { buffer.copyMemory(from: $0) }
                } else {
                    bytes(buffer.count, &generator).withUnsafeBytes { buffer.copyMemory(from: $0) }
                }
            }
        }
        try execution.run()
        return execution.withOutput(0) { Array($0) }
    }

    /// Shapes that leave every kind of rest: channels below, at and above whole blocks, odd widths, dilation, groups.
    static func awkward(_ arithmetic: Arithmetic) -> [(String, Model)] {
        var models: [(String, Model)] = []
        let shapes: [(x: [Int], w: [Int], stride: Int, dilation: Int)] = [
            ([1, 13, 21, 19], [40, 3, 3, 19], 1, 1), ([2, 9, 9, 3], [16, 5, 3, 3], 2, 1),
            ([1, 17, 8, 6], [33, 3, 2, 2], 1, 2), ([1, 6, 35, 65], [7, 1, 1, 65], 1, 1),
        ]
        for (index, shape) in shapes.enumerated() {
            let stride = shape.stride
            let operation = Convolution(
                strides: [stride, stride], dilations: [shape.dilation, shape.dilation], padding: .same,
                activation: .relu)
            let spatial = shape.x[1...2].map { ($0 + stride - 1) / stride }
            let model = linear(
                operation, x: shape.x, w: shape.w, axis: 0, y: [shape.x[0]] + spatial + [shape.w[0]], arithmetic)
            models.append(("conv \(index)", model))
        }
        for (channels, multiplier) in [(5, 1), (16, 1), (39, 1), (3, 7)] {
            let operation = DepthwiseConvolution(strides: [1, 1], padding: .same, multiplier: multiplier)
            models.append(
                (
                    "depthwise \(channels)×\(multiplier)",
                    linear(
                        operation, x: [2, 11, 14, channels], w: [1, 3, 3, channels * multiplier], axis: 3,
                        y: [2, 11, 14, channels * multiplier], arithmetic)
                ))
        }
        // Windows with kernels of their own, and others; widths that leave every kind of rest.
        let windows: [(x: [Int], window: [Int], stride: Int)] = [
            ([1, 9, 7, 24], [3, 3], 1), ([1, 8, 16, 17], [3, 3], 2), ([1, 10, 14, 65], [5, 5], 1),
            ([2, 7, 13, 40], [5, 5], 2), ([1, 6, 5, 130], [3, 3], 2), ([1, 3, 2, 15], [5, 5], 1),
            ([1, 12, 1, 63], [2, 3], 1), ([1, 5, 23, 64], [3, 4], 3),
        ]
        for (index, shape) in windows.enumerated() {
            let operation = DepthwiseConvolution(
                strides: [shape.stride, shape.stride], padding: .same, multiplier: 1, activation: .relu6)
            let channels = shape.x[3]
            let spatial = shape.x[1...2].map { ($0 + shape.stride - 1) / shape.stride }
            let model = linear(
                operation, x: shape.x, w: [1] + shape.window + [channels], axis: 3,
                y: [shape.x[0]] + spatial + [channels], arithmetic)
            models.append(("depthwise window \(index)", model))
        }
        for (batch, inputs, outputs) in [(1, 67, 100), (3, 130, 64), (9, 33, 17), (1, 1, 1)] {
            models.append(
                (
                    "fully connected \(batch)×\(inputs)×\(outputs)",
                    linear(
                        FullyConnected(), x: [batch, inputs], w: [outputs, inputs], axis: 0, y: [batch, outputs],
                        arithmetic)
                ))
        }
        return models
    }
}
