import ModelGraph

/// The gradient of a convolution over the spatial axes: each element of x adds a scaled filter to the result.
///
/// Operands: x [N, C, spatial…], w [C, O/groups, kernel…], and optionally b [O]. Result [N, O, spatial…] with
///
///     extent = stride·(x − 1) + outputPadding + dilation·(kernel − 1) + 1 − before − after
package struct TransposedConvolution: Operation, Equatable {
    /// One entry for each spatial axis.
    package var strides: [Int]
    package var dilations: [Int]
    /// What is cut off the result; `same` and `sameLower` leave stride·x elements of each axis.
    package var padding: Padding
    /// Elements added behind each spatial axis.
    package var outputPadding: [Int]
    /// The extents of the result's spatial axes, from which follows what is cut off.
    package var outputExtents: [Int]?
    package var groups: Int

    package init(
        strides: [Int], dilations: [Int] = [1, 1], padding: Padding = .valid, outputPadding: [Int] = [0, 0],
        outputExtents: [Int]? = nil, groups: Int = 1
    ) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.outputPadding = outputPadding
        self.outputExtents = outputExtents
        self.groups = groups
    }

    package var name: String { "TransposedConvolution" }

    /// How the filters meet each spatial axis: `input` is x's extent, `output` the result's, and `before` what is cut off
    /// before the first element.
    ///
    /// - Throws: `GraphError` if x, w and the attributes do not fit each other.
    package func windows(x: [Int], w: [Int]) throws(GraphError) -> [Window] {
        guard x.count >= 3, w.count == x.count, groups > 0, x[1] == w[0], w[0] % groups == 0 else {
            throw GraphError(
                .invalidShape, "an input of shape \(Shape(x)) and a filter of shape \(Shape(w)) in \(groups) groups")
        }
        let axes = x.count - 2
        guard strides.count == axes, dilations.count == axes, outputPadding.count == axes,
            outputExtents?.count ?? axes == axes
        else { throw GraphError(.invalidAttribute, "strides, dilations or paddings that are not of \(axes) axes") }
        var windows: [Window] = []
        for axis in 0..<axes { windows.append(try window(of: axis, x: x[axis + 2], kernel: w[axis + 2])) }
        return windows
    }

    private func window(of axis: Int, x: Int, kernel: Int) throws(GraphError) -> Window {
        try Window.check(input: x, kernel: kernel, stride: strides[axis], dilation: dilations[axis])
        let possible = 0...Int(Int32.max)
        guard possible.contains(outputPadding[axis]) else {
            throw GraphError(.invalidAttribute, "an output padding of \(outputPadding[axis])")
        }
        // Below 2⁶²: no sum of two of these can overflow.
        let full = strides[axis] * (x - 1) + (dilations[axis] * (kernel - 1) + 1) + outputPadding[axis]
        var wanted = outputExtents?[axis]
        if wanted == nil, padding == .same || padding == .sameLower { wanted = strides[axis] * x }
        var before = 0
        let output: Int
        if let wanted {
            guard (1...Int(Int32.max)).contains(wanted) else {
                throw GraphError(.invalidShape, "a result of \(wanted) elements along spatial axis \(axis)")
            }
            output = wanted
            let total = max(full - wanted, 0)
            before = padding == .same ? total / 2 : total - total / 2
        } else if case .explicit(let amounts) = padding {
            guard amounts.indices.contains(axis), possible.contains(amounts[axis].before),
                possible.contains(amounts[axis].after)
            else { throw GraphError(.invalidAttribute, "no padding for spatial axis \(axis)") }
            before = amounts[axis].before
            output = full - amounts[axis].before - amounts[axis].after
        } else {
            output = full
        }
        guard output > 0 else { throw GraphError(.invalidShape, "nothing is left of spatial axis \(axis)") }
        return Window(
            input: x, output: output, kernel: kernel, stride: strides[axis], dilation: dilations[axis], before: before)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1) else { return nil }
        let windows = try windows(x: x, w: w)
        let (outputs, overflow) = w[1].multipliedReportingOverflow(by: groups)
        guard !overflow else { throw GraphError(.invalidAttribute, "\(groups) groups") }
        try LinearOperands.checkBias(operands.optional(2), outputs: outputs)
        return try Operands.result(try operands.required(0).type, [x[0], outputs] + windows.map(\.output))
    }
}
