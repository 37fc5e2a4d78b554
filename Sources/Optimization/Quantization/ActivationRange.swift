import ModelGraph

/// The real interval that a tensor's integers span.
package struct ActivationRange: Sendable, Hashable, Codable {
    package var lower: Float
    package var upper: Float

    package init(lower: Float, upper: Float) {
        self.lower = lower
        self.upper = upper
    }

    /// The smallest interval that holds both.
    package func union(_ other: ActivationRange) -> ActivationRange {
        ActivationRange(lower: min(lower, other.lower), upper: max(upper, other.upper))
    }

    /// int8 over the interval, widened to hold zero, which is represented exactly.
    ///
    ///     scale = (upper − lower) / 255          zeroPoint = round(−128 − lower / scale)
    package var quantization: Quantization {
        let lower = min(self.lower, 0)
        let upper = max(self.upper, 0)
        let scale = Float((Double(upper) - Double(lower)) / 255)
        guard scale.isNormal else { return Quantization(scale: 1 / 255, zeroPoint: 0) }
        let zeroPoint = (-128 - Double(lower) / Double(scale)).rounded(.toNearestOrAwayFromZero)
        return Quantization(scale: scale, zeroPoint: Int64(max(-128, min(127, zeroPoint))))
    }
}
