import Runtime

/// The engine whose int8 arithmetic a model is run with, bit for bit.
package enum EngineNumerics: String, Sendable, CaseIterable {
    /// LiteRT's reference kernels.
    case reference
    /// LiteRT as it runs by default on x86.
    case xnnpack
    case onnxruntime

    var runtime: Numerics {
        switch self {
        case .reference: .reference
        case .xnnpack: .xnnpack
        case .onnxruntime: .onnxruntime
        }
    }
}
