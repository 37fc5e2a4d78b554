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
}
