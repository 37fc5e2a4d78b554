import ModelGraph

/// A transposed convolution over two or three axes whose result has the extents that an operand says: the gradient of a
/// convolution of an input of these extents (TFLite's TRANSPOSE_CONV and CONV_3D_TRANSPOSE).
///
/// Operands: the result's shape, w [O, kernel…, C] (of three axes: [kernel…, O, C]), x [N, spatial…, C], and optionally
/// b [O].
package struct TransposedConvolutionToShape: Operation, Equatable {
    /// One entry for each spatial axis.
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    package var activation: Activation

    package init(strides: [Int], dilations: [Int]? = nil, padding: Padding, activation: Activation = .none) {
        self.strides = strides
        self.dilations = dilations ?? strides.map { _ in 1 }
        self.padding = padding
        self.activation = activation
    }

    package var name: String { "TransposedConvolutionToShape" }

    /// The axis of w that holds the output channels.
    package func outputAxis(rank: Int) -> Int { rank == 5 ? 3 : 0 }

    /// How the filters meet each spatial axis of the result.
    ///
    /// - Parameters:
    ///   - y: the extents of the result.
    ///   - w: the extents of the filter.
    ///   - x: the extents of the input.
    /// - Throws: `GraphError` if they and the attributes do not fit each other.
    package func windows(y: [Int], w: [Int], x: [Int]) throws(GraphError) -> [Window] {
        let rank = x.count
        guard rank == strides.count + 2, rank == 4 || rank == 5, w.count == rank, y.count == rank,
            dilations.count == strides.count, y[0] == x[0], w[rank - 1] == x[rank - 1],
            y[rank - 1] == w[outputAxis(rank: rank)]
        else {
            throw GraphError(
                .invalidShape,
                "an input of shape \(Shape(x)) and a filter of shape \(Shape(w)) for a result of shape \(Shape(y))")
        }
        var windows: [Window] = []
        for axis in strides.indices {
            let kernel = w[rank == 5 ? axis : axis + 1]
            // What a convolution of the result would have before its first element.
            let forward = try Window(
                input: y[axis + 1], kernel: kernel, stride: strides[axis], dilation: dilations[axis], padding: padding,
                axis: axis)
            windows.append(
                Window(
                    input: x[axis + 1], output: y[axis + 1], kernel: kernel, stride: strides[axis],
                    dilation: dilations[axis], before: forward.before))
        }
        return windows
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: 4)
        guard let y = try operands.integers(0), let w = try operands.sizes(1), let x = try operands.sizes(2) else {
            return nil
        }
        try Operands.check(y)
        _ = try windows(y: y, w: w, x: x)
        try LinearOperands.checkBias(operands.optional(3), outputs: y[y.count - 1])
        return try Operands.result(try operands.required(2).type, y)
    }
}

/// MediaPipe's custom operator `Convolution2DTransposeBias`.
///
/// Operands: x [N, H, W, C], w [O, kernel H, kernel W, C], b [O]. With `same` padding an extent of the result is the
/// smallest whose convolution has x's.
package struct TransposedConvolutionWithBias: Operation, Equatable {
    /// One entry for each spatial axis.
    package var strides: [Int]
    /// `same` or `valid`.
    package var padding: Padding

    package init(strides: [Int], padding: Padding) {
        self.strides = strides
        self.padding = padding
    }

    package var name: String { "TransposedConvolutionWithBias" }

    /// - Throws: `GraphError` if x, w and the attributes do not fit each other.
    package func windows(x: [Int], w: [Int]) throws(GraphError) -> [Window] {
        guard x.count == 4, w.count == 4, strides.count == 2, x[3] == w[3] else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) and a filter of shape \(Shape(w))")
        }
        var windows: [Window] = []
        for axis in 0..<2 {
            let (input, kernel, stride) = (x[axis + 1], w[axis + 1], strides[axis])
            try Window.check(input: input, kernel: kernel, stride: stride, dilation: 1)
            let total = padding == .same ? max(0, kernel - (input - 1) % stride - 1) : 0
            windows.append(
                Window(
                    input: input, output: stride * (input - 1) + kernel - total, kernel: kernel, stride: stride,
                    dilation: 1, before: total / 2))
        }
        return windows
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1) else { return nil }
        let windows = try windows(x: x, w: w)
        try LinearOperands.checkBias(operands.optional(2), outputs: w[0])
        return try Operands.result(
            try operands.required(0).type, [x[0], windows[0].output, windows[1].output, w[0]])
    }
}
