import CKernels
import ModelGraph

extension Tensor {
    /// Whether the elements are integers that LiteRT computes with by their scale: int8, uint8 or int16.
    var isQuantized: Bool {
        [.int8, .uint8, .int16].contains(type) && !(quantization?.scales.isEmpty ?? true)
    }
}

extension Lowering {
    /// Whether operators on quantized tensors follow LiteRT.
    var followsLiteRT: Bool { numerics != .onnxruntime }
}

extension ck_fixed_point {
    /// A factor that is applied in fixed point to what is left of `zeroPoint`.
    init(_ factor: Double, zeroPoint: Int32 = 0) {
        self.init(QuantizedMultiplier(factor), zeroPoint: zeroPoint)
    }

    init(_ factor: QuantizedMultiplier, zeroPoint: Int32 = 0) {
        self.init(zero_point: zeroPoint, multiplier: factor.multiplier, left: factor.left, right: factor.right)
    }

    func apply(to x: Int32) -> Int32 { ck_requantize(x, multiplier, left, right) }
}
