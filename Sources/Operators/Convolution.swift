import ModelGraph

/// A convolution over the spatial axes.
///
/// Operands: x, w, and optionally b [O]. With `channelsLast`: x [N, spatial…, C], w [O, kernel…, C/groups].
/// With `channelsFirst`: x [N, C, spatial…], w [O, C/groups, kernel…].
package struct Convolution: Operation, Equatable {
    /// One entry for each spatial axis.
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    package var groups: Int
    package var activation: Activation
    package var layout: TensorLayout

    package init(
        strides: [Int], dilations: [Int] = [1, 1], padding: Padding = .valid, groups: Int = 1,
        activation: Activation = .none, layout: TensorLayout = .channelsLast
    ) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.groups = groups
        self.activation = activation
        self.layout = layout
    }

    package var name: String { "Convolution" }

    /// The sliding windows of the spatial axes.
    ///
    /// TFLite gives no group count: there x's channels may be a multiple of the filter's, and their quotient is it.
    /// - Parameters:
    ///   - x: the extents of the input.
    ///   - w: the extents of the filter.
    /// - Throws: `GraphError` if x, w and the attributes do not fit each other.
    package func windows(x: [Int], w: [Int]) throws(GraphError) -> [Window] {
        guard x.count >= 3, w.count == x.count else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) and a filter of shape \(Shape(w))")
        }
        let axes = layout.spatialAxes(rank: x.count)
        let channelAxis = layout.channelAxis(rank: x.count)
        guard strides.count == axes.count, dilations.count == axes.count else {
            throw GraphError(
                .invalidAttribute, "\(strides.count) strides and \(dilations.count) dilations for \(axes.count) axes")
        }
        let groups = try groupCount(x: x, w: w)
        guard w[0] > 0, w[0] % groups == 0, x[channelAxis] / groups == w[channelAxis] else {
            throw GraphError(
                .invalidShape,
                "a filter of shape \(Shape(w)) for \(x[channelAxis]) channels in \(groups) groups")
        }
        var windows: [Window] = []
        for (k, axis) in axes.enumerated() {
            windows.append(
                try Window(
                    input: x[axis], kernel: w[axis], stride: strides[k], dilation: dilations[k], padding: padding,
                    axis: k))
        }
        return windows
    }

    /// The number of groups that x and w stand for.
    package func groupCount(x: [Int], w: [Int]) throws(GraphError) -> Int {
        guard x.count >= 3, w.count == x.count else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) and a filter of shape \(Shape(w))")
        }
        let axis = layout.channelAxis(rank: x.count)
        guard x[axis] > 0, w[axis] > 0, x[axis] % w[axis] == 0, groups == 1 || groups == x[axis] / w[axis] else {
            throw GraphError(
                .invalidShape, "a filter of \(w[axis]) channels for \(x[axis]) channels in \(groups) groups")
        }
        return x[axis] / w[axis]
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1) else { return nil }
        let windows = try windows(x: x, w: w)
        try LinearOperands.checkBias(operands.optional(2), outputs: w[0])
        var y = x
        for (axis, window) in zip(layout.spatialAxes(rank: x.count), windows) { y[axis] = window.output }
        y[layout.channelAxis(rank: x.count)] = w[0]
        return try Operands.result(try operands.required(0).type, y)
    }
}

/// What the linear operators have in common.
enum LinearOperands {
    /// - Throws: `GraphError` if there is a bias that has not one element for each output channel.
    static func checkBias(_ bias: TensorFacts?, outputs: Int) throws(GraphError) {
        guard let bias, let count = bias.shape?.elementCount, count != outputs else { return }
        throw GraphError(.invalidShape, "a bias of \(count) elements for \(outputs) output channels")
    }
}
