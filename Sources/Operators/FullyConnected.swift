import ModelGraph

/// y = x · wᵀ + b.
///
/// Operands: x [.., I], w [O, I], and optionally b [O]. Result: [batch, O], where batch is all of x over I; or x's
/// leading axes and O with `keepsDimensions`.
package struct FullyConnected: Operation, Equatable {
    package var activation: Activation
    package var keepsDimensions: Bool
    /// Whether a dynamic-range kernel may give the activations a zero point.
    package var quantizesInputsAsymmetrically: Bool

    package init(
        activation: Activation = .none, keepsDimensions: Bool = false, quantizesInputsAsymmetrically: Bool = false
    ) {
        self.activation = activation
        self.keepsDimensions = keepsDimensions
        self.quantizesInputsAsymmetrically = quantizesInputsAsymmetrically
    }

    package var name: String { "FullyConnected" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1) else { return nil }
        guard w.count == 2, w[0] > 0, w[1] > 0 else {
            throw GraphError(.invalidShape, "weights of shape \(Shape(w)), which should be [outputs, inputs]")
        }
        guard let count = Shape.elementCount(x), count % w[1] == 0 else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) for weights of shape \(Shape(w))")
        }
        try LinearOperands.checkBias(operands.optional(2), outputs: w[0])
        let type = try operands.required(0).type
        guard keepsDimensions else { return try Operands.result(type, [count / w[1], w[0]]) }
        guard let last = x.last, last == w[1] else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) for weights of shape \(Shape(w))")
        }
        return try Operands.result(type, x.dropLast() + [w[0]])
    }
}
