import ModelGraph

/// The gradient of a convolution over two or more spatial axes: each element of x adds a scaled filter to the result.
///
/// Operands: x [N, C, spatial…], w [C, O/groups, kernel…], and optionally b [O]. Result [N, O, spatial…] with
///
///     extent = stride·(x − 1) + outputPadding + dilation·(kernel − 1) + 1 − before − after
package struct TransposedConvolution: Operation, Equatable {
    /// One entry for each spatial axis.
    package var strides: [Int]
    package var dilations: [Int]
    /// What is cut off the result; `same` leaves stride·x elements of each axis.
    package var padding: Padding
    /// Elements added behind each spatial axis.
    package var outputPadding: [Int]
    package var groups: Int

    package init(
        strides: [Int], dilations: [Int] = [1, 1], padding: Padding = .valid, outputPadding: [Int] = [0, 0],
        groups: Int = 1
    ) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.outputPadding = outputPadding
        self.groups = groups
    }

    package var name: String { "TransposedConvolution" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1) else { return nil }
        guard x.count >= 3, w.count == x.count, groups > 0, x[1] == w[0], w[0] % groups == 0 else {
            throw GraphError(
                .invalidShape, "an input of shape \(Shape(x)) and a filter of shape \(Shape(w)) in \(groups) groups")
        }
        let axes = x.count - 2
        guard strides.count == axes, dilations.count == axes, outputPadding.count == axes else {
            throw GraphError(.invalidAttribute, "strides, dilations or paddings that are not of \(axes) axes")
        }
        let (outputs, overflow) = w[1].multipliedReportingOverflow(by: groups)
        guard !overflow else { throw GraphError(.invalidAttribute, "\(groups) groups") }
        try LinearOperands.checkBias(operands.optional(2), outputs: outputs)
        var y = [x[0], outputs]
        for axis in 0..<axes { y.append(try extent(of: axis, x: x[axis + 2], kernel: w[axis + 2])) }
        return try Operands.result(try operands.required(0).type, y)
    }

    private func extent(of axis: Int, x: Int, kernel: Int) throws(GraphError) -> Int {
        let possible = 1...Int(Int32.max)
        guard possible.contains(strides[axis]), possible.contains(dilations[axis]), possible.contains(x),
            possible.contains(kernel), (0...Int(Int32.max)).contains(outputPadding[axis])
        else { throw GraphError(.invalidAttribute, "strides \(strides), dilations \(dilations)") }
        // Below 2⁶²: no sum of two of these can overflow.
        let full = strides[axis] * (x - 1) + (dilations[axis] * (kernel - 1) + 1)
        switch padding {
        case .same: return strides[axis] * x
        case .valid: return full + outputPadding[axis]
        case .explicit(let amounts):
            guard amounts.indices.contains(axis), (0...Int(Int32.max)).contains(amounts[axis].before),
                (0...Int(Int32.max)).contains(amounts[axis].after)
            else { throw GraphError(.invalidAttribute, "no padding for spatial axis \(axis)") }
            return full + outputPadding[axis] - amounts[axis].before - amounts[axis].after
        }
    }
}
