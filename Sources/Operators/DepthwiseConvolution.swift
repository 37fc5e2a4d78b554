import ModelGraph

/// A convolution of each input channel by itself with `multiplier` filters.
///
/// Operands: x [N, H, W, C], w [1, kernel H, kernel W, C·multiplier], and optionally b [C·multiplier].
package struct DepthwiseConvolution: Operation, Equatable {
    /// One entry for each spatial axis.
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    package var multiplier: Int
    package var activation: Activation

    package init(
        strides: [Int], dilations: [Int] = [1, 1], padding: Padding = .valid, multiplier: Int = 1,
        activation: Activation = .none
    ) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.multiplier = multiplier
        self.activation = activation
    }

    package var name: String { "DepthwiseConvolution" }

    /// The sliding windows of the two spatial axes.
    ///
    /// - Parameters:
    ///   - x: the extents of the input.
    ///   - w: the extents of the filter.
    /// - Throws: `GraphError` if x, w and the attributes do not fit each other.
    package func windows(x: [Int], w: [Int]) throws(GraphError) -> [Window] {
        guard x.count == 4, w.count == 4, w[0] == 1, x[3] > 0, w[3] > 0, w[3] % x[3] == 0 else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) and a filter of shape \(Shape(w))")
        }
        // TFLite says that readers must not trust the multiplier in the file; the shapes hold it.
        guard multiplier <= 0 || multiplier == w[3] / x[3] else {
            throw GraphError(
                .invalidAttribute, "a multiplier of \(multiplier) for \(x[3]) channels and \(w[3]) filters")
        }
        guard strides.count == 2, dilations.count == 2 else {
            throw GraphError(
                .invalidAttribute, "\(strides.count) strides and \(dilations.count) dilations for 2 axes")
        }
        var windows: [Window] = []
        for axis in 1...2 {
            windows.append(
                try Window(
                    input: x[axis], kernel: w[axis], stride: strides[axis - 1], dilation: dilations[axis - 1],
                    padding: padding, axis: axis - 1))
        }
        return windows
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1) else { return nil }
        let windows = try windows(x: x, w: w)
        try LinearOperands.checkBias(operands.optional(2), outputs: w[3])
        return try Operands.result(
            try operands.required(0).type, [x[0], windows[0].output, windows[1].output, w[3]])
    }
}
