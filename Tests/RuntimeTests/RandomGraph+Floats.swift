import ModelGraph
import Operators
import Runtime

extension RandomGraph {
    /// Windows whose images are wider, higher or smaller than register tiles, and paddings that differ from side to side.
    private static let edges: [WindowCase] = [
        WindowCase(kernel: [3, 3], size: [3, 61]), WindowCase(kernel: [3, 3], size: [61, 3]),
        WindowCase(kernel: [3, 3], strides: [2, 2], size: [31, 2]), WindowCase(kernel: [5, 5], size: [2, 2]),
        WindowCase(
            kernel: [3, 2], padding: .explicit([.init(before: 4, after: 0), .init(before: 0, after: 3)]),
            size: [4, 9]),
        WindowCase(
            kernel: [2, 3], strides: [3, 2], dilations: [2, 4],
            padding: .explicit([.init(before: 1, after: 5), .init(before: 9, after: 8)]), size: [7, 5]),
        WindowCase(kernel: [1, 1], size: [17, 13]), WindowCase(kernel: [7, 1], size: [20, 3]),
    ]

    private static func convolution(_ window: WindowCase, _ inputs: Int, _ outputs: Int, turn: Int) -> (String, Model) {
        let (batch, groups) = (1 + turn % 2, inputs * outputs < 1000 && turn % 3 == 2 ? 2 : 1)
        let operation = Convolution(
            strides: window.strides, dilations: window.dilations, padding: window.padding,
            activation: turn % 2 == 0 ? .relu6 : .none)
        return (
            "conv \(groups)×(\(inputs)→\(outputs)) \(window)",
            linear(
                operation, x: [batch] + window.size + [inputs * groups],
                w: [outputs * groups] + window.kernel + [inputs],
                axis: 0, y: [batch] + window.outputs() + [outputs * groups], .float32, seed: UInt64(turn))
        )
    }

    /// Float models of one operator each: channels and rows below, at and above whole tiles, windows of every kind.
    static func floats() -> [(String, Model)] {
        let sizes = [1, 2, 3, 15, 16, 17, 63, 64, 65, 130]
        var models: [(String, Model)] = []
        for (index, inputs) in sizes.enumerated() {
            for turn in 0..<4 {
                let outputs = sizes[(index * 3 + turn * 7) % sizes.count]
                // Many channels by one tap, for time's sake.
                let window =
                    inputs * outputs > 2000 ? windows[turn % 3] : windows[(index + turn * 3) % windows.count]
                models.append(convolution(window, inputs, outputs, turn: turn))
                let rows = sizes[(index + turn * 2) % sizes.count]
                models.append(
                    (
                        "fully connected \(rows)×\(inputs)×\(outputs)",
                        linear(
                            FullyConnected(), x: [rows, inputs], w: [outputs, inputs], axis: 0, y: [rows, outputs],
                            .float32)
                    ))
            }
        }
        for (index, window) in edges.enumerated() {
            for (turn, channels) in [(3, 17), (16, 130), (5, 64)].enumerated() {
                models.append(convolution(window, channels.0, channels.1, turn: index + turn))
            }
        }
        return models
    }
}
