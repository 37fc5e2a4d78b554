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
}
