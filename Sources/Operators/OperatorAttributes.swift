/// Where the channels of a spatial tensor stand.
package enum TensorLayout: String, Sendable, Hashable {
    /// N, spatial…, C; weights O, spatial…, I (depthwise 1, spatial…, C·M).
    case channelsLast
    /// N, C, spatial…; weights O, I, spatial….
    case channelsFirst

    /// The channel axis of an activation of the given rank.
    package func channelAxis(rank: Int) -> Int { self == .channelsLast ? rank - 1 : 1 }

    /// The spatial axes of an activation of the given rank.
    package func spatialAxes(rank: Int) -> Range<Int> { self == .channelsLast ? 1..<(rank - 1) : 2..<rank }
}

/// How many zeros stand before and after each spatial axis.
package enum Padding: Sendable, Hashable {
    /// As many as make the output ⌈input / stride⌉ long, an odd one behind.
    case same
    /// As `same`, an odd one before.
    case sameLower
    case valid
    /// One pair for each spatial axis.
    case explicit([Amount])

    package struct Amount: Sendable, Hashable {
        package var before: Int
        package var after: Int

        package init(before: Int, after: Int) {
            self.before = before
            self.after = after
        }
    }
}

/// An activation that an operator applies to its own result.
package enum Activation: String, Sendable, Hashable {
    case none, relu, reluN1To1, relu6, tanh, signBit

    /// The interval that the activation clamps to; nil for those that do more than clamp.
    package var bounds: (lower: Float, upper: Float)? {
        switch self {
        case .none: (-.infinity, .infinity)
        case .relu: (0, .infinity)
        case .reluN1To1: (-1, 1)
        case .relu6: (0, 6)
        case .tanh, .signBit: nil
        }
    }
}
