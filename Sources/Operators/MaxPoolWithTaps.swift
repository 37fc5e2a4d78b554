import ModelGraph

/// The largest element of each window, and the number of the tap where it was found, as MediaPipe's custom operator
/// `MaxPoolingWithArgmax2D` has it.
///
/// Operand: x [N, H, W, C]. Results: y and the taps, both float32 [N, H′, W′, C].
package struct MaxPoolWithTaps: Operation, Equatable {
    /// Channels last.
    package var pool: Pool

    package init(_ pool: Pool) { self.pool = pool }

    package var name: String { "MaxPoolWithTaps" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let y = try pool.inferOutputs(from: inputs), y[0].type == .float32 else { return nil }
        return [y[0], y[0]]
    }
}

/// Puts elements back to the taps that `MaxPoolWithTaps` found, as MediaPipe's custom operator `MaxUnpooling2D` does.
///
/// Operands: x and taps [N, H, W, C]. Result: [N, H · window, W · window, C].
package struct UnpoolTaps: Operation, Equatable {
    /// The pool whose taps they are, channels last.
    package var pool: Pool

    package init(_ pool: Pool) { self.pool = pool }

    package var name: String { "UnpoolTaps" }

    /// How the pool's windows met each axis of the result.
    ///
    /// The padding follows from the extents: what the last window reaches over the end, half of it before.
    /// - Parameter x: the extents of the operand.
    package func windows(x: [Int]) throws(GraphError) -> [Window] {
        guard x.count == 4, pool.window.count == 2, pool.strides.count == 2 else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x))")
        }
        var windows: [Window] = []
        for axis in 0..<2 {
            let (kernel, stride, count) = (pool.window[axis], pool.strides[axis], x[axis + 1])
            try Window.check(input: count, kernel: kernel, stride: stride, dilation: 1)
            let extent = count * kernel
            let total = max((count - 1) * stride + kernel - extent, 0)
            windows.append(
                Window(input: extent, output: count, kernel: kernel, stride: stride, dilation: 1, before: total / 2))
        }
        return windows
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let taps = try operands.sizes(1) else { return nil }
        guard x == taps else {
            throw GraphError(.invalidShape, "taps of shape \(Shape(taps)) for an input of shape \(Shape(x))")
        }
        let windows = try windows(x: x)
        return try Operands.result(
            try operands.required(0).type, [x[0], windows[0].input, windows[1].input, x[3]])
    }
}
