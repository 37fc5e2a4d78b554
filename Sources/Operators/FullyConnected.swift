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
}
