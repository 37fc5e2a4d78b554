import ModelGraph

/// The mean, the largest element or a norm of a sliding window.
///
/// Operand: x. Results: y, and with `givesPlaces` the places of the largest elements in x, counted over all of x in the
/// order of its axes, or with the spatial axes in reverse order.
package struct Pool: Operation, Equatable {
    package enum Kind: String, Sendable {
        case average, max
        /// (Σ|x|ᵖ)^(1/p)
        case norm
        /// √(Σx² / n)
        case rootMeanSquare
    }

    package var kind: Kind
    /// One entry for each spatial axis.
    package var window: [Int]
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    /// Whether a window that reaches over the end counts.
    package var roundsUp: Bool
    /// Whether a mean divides by the elements of padding too.
    package var countsPadding: Bool
    /// The norm's p.
    package var order: Int
    package var givesPlaces: Bool
    /// Whether places count with the first spatial axis running fastest.
    package var countsPlacesByColumn: Bool
    package var activation: Activation
    package var layout: TensorLayout

    package init(
        _ kind: Kind, window: [Int], strides: [Int], dilations: [Int]? = nil, padding: Padding = .valid,
        roundsUp: Bool = false, countsPadding: Bool = false, order: Int = 2, givesPlaces: Bool = false,
        countsPlacesByColumn: Bool = false, activation: Activation = .none, layout: TensorLayout = .channelsLast
    ) {
        self.kind = kind
        self.window = window
        self.strides = strides
        self.dilations = dilations ?? window.map { _ in 1 }
        self.padding = padding
        self.roundsUp = roundsUp
        self.countsPadding = countsPadding
        self.order = order
        self.givesPlaces = givesPlaces
        self.countsPlacesByColumn = countsPlacesByColumn
        self.activation = activation
        self.layout = layout
    }

    package var name: String {
        switch kind {
        case .average: "AveragePool"
        case .max: "MaxPool"
        case .norm: "LpPool"
        case .rootMeanSquare: "L2Pool"
        }
    }

    /// Whether it is a mean or a largest element of dense windows, with padding counting in neither, and nothing else.
    package var isPlain: Bool {
        (kind == .average || kind == .max) && dilations.allSatisfy { $0 == 1 } && !roundsUp && !countsPadding
            && !givesPlaces
    }

    /// The sliding windows of the spatial axes of an input of the given extents.
    ///
    /// - Throws: `GraphError` if the input and the attributes do not fit each other.
    package func windows(x: [Int]) throws(GraphError) -> [Window] {
        let axes = x.count >= 3 ? layout.spatialAxes(rank: x.count) : 0..<0
        guard x.count >= 3, window.count == axes.count, strides.count == axes.count, dilations.count == axes.count
        else {
            throw GraphError(
                .invalidAttribute,
                "\(window.count) window extents and \(strides.count) strides for an input of shape \(Shape(x))")
        }
        var windows: [Window] = []
        for (k, axis) in axes.enumerated() {
            windows.append(
                try Window(
                    input: x[axis], kernel: window[k], stride: strides[k], dilation: dilations[k], padding: padding,
                    axis: k, roundsUp: roundsUp))
        }
        return windows
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard kind == .max || !givesPlaces, order > 0 else {
            throw GraphError(.invalidAttribute, "\(name) of order \(order)")
        }
        guard let x = try operands.sizes(0) else { return nil }
        var y = x
        for (axis, window) in zip(layout.spatialAxes(rank: max(x.count, 3)), try windows(x: x)) {
            y[axis] = window.output
        }
        let type = try operands.required(0).type
        return try Operands.result(type, y) + (givesPlaces ? Operands.result(.int64, y) : [])
    }
}
