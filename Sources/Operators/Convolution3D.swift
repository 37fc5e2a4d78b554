import ModelGraph

/// TFLite's convolution over three axes.
///
/// Operands: x [N, D, H, W, C], w [kernel D, kernel H, kernel W, C/groups, O], and optionally b [O].
package struct Convolution3D: Operation, Equatable {
    /// One entry for each spatial axis.
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    package var activation: Activation

    package init(strides: [Int], dilations: [Int], padding: Padding, activation: Activation = .none) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.activation = activation
    }

    package var name: String { "Convolution3D" }

    /// - Throws: `GraphError` if x, w and the attributes do not fit each other.
    package func windows(x: [Int], w: [Int]) throws(GraphError) -> [Window] {
        guard x.count == 5, w.count == 5, strides.count == 3, dilations.count == 3, w[3] > 0, x[4] % w[3] == 0,
            x[4] > 0, w[4] % (x[4] / w[3]) == 0
        else { throw GraphError(.invalidShape, "an input of shape \(Shape(x)) and a filter of shape \(Shape(w))") }
        var windows: [Window] = []
        for axis in 0..<3 {
            windows.append(
                try Window(
                    input: x[axis + 1], kernel: w[axis], stride: strides[axis], dilation: dilations[axis],
                    padding: padding, axis: axis))
        }
        return windows
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1) else { return nil }
        let windows = try windows(x: x, w: w)
        try LinearOperands.checkBias(operands.optional(2), outputs: w[4])
        return try Operands.result(try operands.required(0).type, [x[0]] + windows.map(\.output) + [w[4]])
    }
}
