import ModelGraph

/// The mean or the largest element of a sliding window; padding counts in neither.
package struct Pool: Operation, Equatable {
    package enum Kind: String, Sendable { case average, max }

    package var kind: Kind
    /// One entry for each spatial axis.
    package var window: [Int]
    package var strides: [Int]
    package var padding: Padding
    package var activation: Activation
    package var layout: TensorLayout

    package init(
        _ kind: Kind, window: [Int], strides: [Int], padding: Padding = .valid, activation: Activation = .none,
        layout: TensorLayout = .channelsLast
    ) {
        self.kind = kind
        self.window = window
        self.strides = strides
        self.padding = padding
        self.activation = activation
        self.layout = layout
    }

    package var name: String { kind == .average ? "AveragePool" : "MaxPool" }

    /// The sliding windows of the spatial axes of an input of the given extents.
    ///
    /// - Throws: `GraphError` if the input and the attributes do not fit each other.
    package func windows(x: [Int]) throws(GraphError) -> [Window] {
        let axes = x.count >= 3 ? layout.spatialAxes(rank: x.count) : 0..<0
        guard x.count >= 3, window.count == axes.count, strides.count == axes.count else {
            throw GraphError(
                .invalidAttribute,
                "\(window.count) window extents and \(strides.count) strides for an input of shape \(Shape(x))")
        }
        var windows: [Window] = []
        for (k, axis) in axes.enumerated() {
            windows.append(
                try Window(
                    input: x[axis], kernel: window[k], stride: strides[k], dilation: 1, padding: padding, axis: k))
        }
        return windows
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        var y = x
        for (axis, window) in zip(layout.spatialAxes(rank: max(x.count, 3)), try windows(x: x)) {
            y[axis] = window.output
        }
        return try Operands.result(try operands.required(0).type, y)
    }
}
