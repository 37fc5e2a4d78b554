import ModelGraph
import Operators
import Runtime

extension RandomGraph {
    /// A window's extents and where it goes.
    struct WindowCase {
        var kernel: [Int]
        var strides = [1, 1]
        var dilations = [1, 1]
        var padding: Padding = .same
        var size = [5, 7]

        func outputs() -> [Int] {
            (0..<2).map { axis in
                let reach = (kernel[axis] - 1) * dilations[axis] + 1
                var room = padding == .same ? size[axis] : size[axis] - reach + 1
                if case .explicit(let amounts) = padding { room += amounts[axis].before + amounts[axis].after }
                return (room + strides[axis] - 1) / strides[axis]
            }
        }
    }

    static let windows: [WindowCase] = [
        WindowCase(kernel: [1, 1]), WindowCase(kernel: [1, 1], strides: [2, 3]),
        WindowCase(kernel: [1, 1], padding: .valid),
        WindowCase(kernel: [3, 3]), WindowCase(kernel: [3, 3], strides: [2, 2]),
        WindowCase(kernel: [3, 3], padding: .valid), WindowCase(kernel: [2, 5], strides: [1, 2]),
        WindowCase(kernel: [3, 2], dilations: [2, 3], size: [6, 9]),
        WindowCase(kernel: [4, 1], dilations: [1, 2], padding: .valid), WindowCase(kernel: [5, 3], size: [6, 20]),
        WindowCase(kernel: [10, 4], strides: [2, 2], size: [11, 6]),
    ]

    /// Two fed operands, the second of which broadcasts along the first axis.
    private static func binary(_ kind: Binary.Kind, _ sizes: [Int], seed: UInt64) -> Model {
        var graph = Graph(name: "main")
        let operands = [("a", Float(0.04), sizes), ("b", 0.09, Array(sizes.dropFirst()))].map { name, scale, sizes in
            graph.addValue(
                Value(
                    name: name, type: .int8, shape: Shape(sizes),
                    quantization: Quantization(scale: scale + Float(seed) * 0.01, zeroPoint: 5)))
        }
        let output = graph.addValue(
            Value(
                name: "y", type: .int8, shape: Shape(sizes), quantization: Quantization(scale: 0.1, zeroPoint: -3)))
        graph.addNode(Node(Binary(kind), inputs: operands, outputs: [output]))
        graph.setInterface(inputs: operands, outputs: [output])
        return Model(format: .tflite, graphs: [graph])
    }

    /// Integer models of one operator each.
    static func bytes(_ numerics: Numerics) -> [(String, Model)] {
        let channels = [1, 2, 3, 8, 15, 16, 17, 63, 64, 65, 130]
        var models: [(String, Model)] = []
        for (index, inputs) in channels.enumerated() {
            for turn in 0..<3 {
                let outputs = channels[(index * 5 + turn * 4) % channels.count]
                // Many channels by one tap, for time's sake.
                let window =
                    inputs * outputs > 2000 ? windows[turn * 2 % 3] : windows[(index + turn * 3) % windows.count]
                let operation = Convolution(
                    strides: window.strides, dilations: window.dilations, padding: window.padding,
                    activation: turn == 0 ? .relu : .none)
                // A scale so small that factors are above 1/2, too.
                let scale: Float = turn == 2 ? 0.0007 : 0.3
                let w = [outputs] + window.kernel + [inputs]
                models.append(
                    (
                        "conv \(inputs)→\(outputs) \(window)",
                        linear(
                            operation, x: [1] + window.size + [inputs], w: w, axis: 0,
                            y: [1] + window.outputs() + [outputs], .int8, scale: scale, seed: UInt64(index))
                    ))
            }
            for turn in 0..<3 {
                let window = windows[3 + (index * 3 + turn * 2) % (windows.count - 3)]
                let operation = DepthwiseConvolution(
                    strides: window.strides, dilations: window.dilations, padding: window.padding, multiplier: 1,
                    activation: turn == 1 ? .relu6 : .none)
                models.append(
                    (
                        "depthwise \(inputs) \(window)",
                        linear(
                            operation, x: [1] + window.size + [inputs], w: [1] + window.kernel + [inputs], axis: 3,
                            y: [1] + window.outputs() + [inputs], .int8, scale: turn == 2 ? 0.0007 : 0.1,
                            seed: UInt64(index))
                    ))
            }
            // onnxruntime has no difference.
            let kinds: [Binary.Kind] = [.add, .multiply, numerics == .onnxruntime ? .add : .subtract]
            models.append(("binary \(inputs)", binary(kinds[index % 3], [3, inputs], seed: UInt64(index))))
            let outputs = channels[(index * 3 + 4) % channels.count]
            models.append(
                (
                    "fully connected \(inputs)→\(outputs)",
                    linear(
                        FullyConnected(), x: [index % 4 * 5 + 1, inputs], w: [outputs, inputs], axis: 0,
                        y: [index % 4 * 5 + 1, outputs], .int8)
                ))
        }
        return models
    }
}
