/// A small generator whose numbers depend on its seed only, on every platform.
///
/// - Source: SplitMix64, Steele, Lea and Flood 2014.
struct RandomNumbers: RandomNumberGenerator {
    private var state: UInt64

    /// - Parameter stream: different streams of one seed are independent of one another.
    init(seed: UInt64, stream: UInt64) {
        state = seed
        state = next() ^ (stream &* 0xD6E8_FEB8_6659_FD93)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// In 0..<1.
    mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniform() }

    /// Of mean 0 and variance 1, within ±6: the sum of twelve uniform numbers, which needs no functions that platforms
    /// compute differently.
    mutating func normal() -> Float {
        var sum: Float = -6
        for _ in 0..<12 { sum += uniform() }
        return sum
    }
}
