import ModelGraph

/// A convolution of each channel with the elements before each one, and what it has to know of them the next time.
///
/// Operands: x [N, C, length], w [C, 1, taps], and optionally b [C] and the state [N, C, taps − 1]. Results: y of x's shape and
/// the next state.
package struct CausalConvolution: Operation, Equatable {
    /// Whether the result is x · logistic(x) of the sum.
    package var isSwish: Bool

    package init(isSwish: Bool = false) { self.isSwish = isSwish }

    package var name: String { "CausalConvWithState" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 4)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1) else { return nil }
        guard x.count == 3, w.count == 3, w[0] == x[1], w[1] == 1, w[2] > 0 else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) and a filter of shape \(Shape(w))")
        }
        let state = [x[0], x[1], w[2] - 1]
        if let given = operands.optional(3)?.shape?.sizes, given != state {
            throw GraphError(.invalidShape, "a state of shape \(Shape(given)), where \(Shape(state)) is needed")
        }
        try LinearOperands.checkBias(operands.optional(2), outputs: x[1])
        let type = try operands.required(0).type
        return try Operands.result(type, x) + Operands.result(type, state)
    }
}
