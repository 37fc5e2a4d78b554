import ModelGraph

/// Puts the elements that a MaxPool chose back to their places; all others are zero.
///
/// Operands: x [N, C, spatial…], the places of `Pool`, and optionally the extents of the result, which are otherwise those
/// of the pool's input.
package struct Unpool: Operation, Equatable {
    /// One entry for each spatial axis.
    package var window: [Int]
    package var strides: [Int]
    package var padding: Padding

    package init(window: [Int], strides: [Int], padding: Padding = .valid) {
        self.window = window
        self.strides = strides
        self.padding = padding
    }

    package var name: String { "MaxUnpool" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), let places = try operands.sizes(1) else { return nil }
        guard x.count >= 3, places == x, window.count == x.count - 2, strides.count == x.count - 2 else {
            throw GraphError(.invalidShape, "places of shape \(Shape(places)) for an input of shape \(Shape(x))")
        }
        let type = try operands.required(0).type
        if operands.optional(2) != nil {
            guard let y = try operands.integers(2) else { return nil }
            guard y.count == x.count else { throw GraphError(.invalidShape, "an output shape of \(y.count) axes") }
            return try Operands.result(type, y)
        }
        var y = Array(x.prefix(2))
        for axis in window.indices {
            try Window.check(input: x[axis + 2], kernel: window[axis], stride: strides[axis], dilation: 1)
            var extent = (x[axis + 2] - 1) * strides[axis] + window[axis]
            if case .explicit(let amounts) = padding {
                guard amounts.indices.contains(axis), (0...Int(Int32.max)).contains(amounts[axis].before),
                    (0...Int(Int32.max)).contains(amounts[axis].after)
                else { throw GraphError(.invalidAttribute, "no padding for spatial axis \(axis)") }
                extent -= amounts[axis].before + amounts[axis].after
            }
            y.append(extent)
        }
        return try Operands.result(type, y)
    }
}
