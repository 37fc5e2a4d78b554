/// A real factor as LiteRT's kernels apply it to integers: multiplier · 2^(left − right) · 2⁻³¹.
struct QuantizedMultiplier: Equatable {
    var multiplier: Int32
    var left: Int32
    var right: Int32

    init(multiplier: Int32, exponent: Int32) {
        self.multiplier = multiplier
        left = max(exponent, 0)
        right = max(-exponent, 0)
    }

    /// - Source: numerics of the reference kernels: m = round(f · 2³¹) for the fraction f in [½, 1); a factor too
    ///   small to shift to is 0.
    init(_ factor: Double) {
        guard factor.isFinite, factor != 0 else {
            self.init(multiplier: 0, exponent: 0)
            return
        }
        var exponent = Int(factor.exponent) + 1
        var rounded = Int64((factor.magnitude.significand / 2 * 0x1p31).rounded(.toNearestOrAwayFromZero))
        if rounded == 1 << 31 {
            rounded /= 2
            exponent += 1
        }
        if exponent < -31 {
            self.init(multiplier: 0, exponent: 0)
        } else if exponent > 30 {
            self.init(multiplier: factor < 0 ? -.max : .max, exponent: 30)
        } else {
            self.init(multiplier: Int32(factor < 0 ? -rounded : rounded), exponent: Int32(exponent))
        }
    }
}
