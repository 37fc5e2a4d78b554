/// Whose int8 arithmetic a plan follows, bit for bit.
package enum Numerics: String, Sendable, CaseIterable {
    /// LiteRT's reference kernels.
    case reference
    /// LiteRT's default on x86.
    case xnnpack
    case onnxruntime
}
