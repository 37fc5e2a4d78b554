import ModelGraph

/// A convolution of each input channel by itself with `multiplier` filters.
///
/// Operands: x [N, H, W, C], w [1, kernel H, kernel W, C·multiplier], and optionally b [C·multiplier].
package struct DepthwiseConvolution: Operation, Equatable {
    /// One entry for each spatial axis.
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    package var multiplier: Int
    package var activation: Activation

    package init(
        strides: [Int], dilations: [Int] = [1, 1], padding: Padding = .valid, multiplier: Int = 1,
        activation: Activation = .none
    ) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.multiplier = multiplier
        self.activation = activation
    }

    package var name: String { "DepthwiseConvolution" }
}
