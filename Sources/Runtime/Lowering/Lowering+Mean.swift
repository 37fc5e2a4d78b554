import CKernels
import ModelGraph
import Operators

extension Lowering {
    /// The mean of windows of bytes as onnxruntime computes it: with one window over everything, the sum of integers times
    /// scale x / (scale y · count); otherwise a sum of real numbers.
    mutating func emitMean(_ x: Tensor, _ windows: [Window], _ geometry: ck_pool) throws(RuntimeError) {
        let (from, to) = (try x.unsignedScale(), try output.unsignedScale())
        let isGlobal = zip(windows, x.sizes.dropFirst()).allSatisfy {
            $0.kernel == $1 && $0.before == 0 && $0.output == 1
        }
        let count = Float(geometry.kernel_height * geometry.kernel_width)
        let parameters = ck_affine_pool(
            window: geometry, flip: x.unsignedFlip, is_global: isGlobal ? 1 : 0, input_zero_point: from.zeroPoint,
            output_zero_point: to.zeroPoint, input_scale: from.scale, output_scale: to.scale,
            factor: from.scale / (to.scale * count))
        try emit(
            kernel(.affinePool, "bytes"), parameters, operands: [.value(x.id), .value(output.id)],
            units: output.sizes[0] * output.sizes[1],
            cost: saturatingProduct(
                min(windows[0].kernel, x.sizes[1]), min(windows[1].kernel, x.sizes[2]), output.sizes[2],
                output.sizes[3]))
    }
}
