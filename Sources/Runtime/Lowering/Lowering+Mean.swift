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
    /// The same for windows over one to three axes, in either layout, with everything that an average pool can be told.
    mutating func emitMean(of pool: Pool) throws(RuntimeError) {
        let (x, y) = (try input(0), output)
        let rank = x.sizes.count
        guard (3...5).contains(rank), pool.activation == .none, pool.dilations.allSatisfy({ $0 == 1 }), x.type == y.type
        else { throw unsupportedTypes() }
        let windows = try checked(at: location) { () throws(GraphError) in try pool.windows(x: x.sizes) }
        let axes = pool.layout.spatialAxes(rank: rank)
        let channelAxis = pool.layout.channelAxis(rank: rank)
        let (from, to) = (try x.unsignedScale(), try y.unsignedScale())
        /// Three entries, those of missing axes in front.
        func three(_ values: [Int], _ rest: Int) -> (Int, Int, Int) {
            let all = Array(repeating: rest, count: 3 - values.count) + values
            return (all[0], all[1], all[2])
        }
        let isGlobal = zip(windows, axes).allSatisfy {
            $0.kernel == x.sizes[$1] && $0.before == 0 && $0.output == 1
        }
        let taps = windows.reduce(1) { saturatingProduct($0, $1.kernel) }
        var parameters = ck_affine_window_pool()
        parameters.channels = x.sizes[channelAxis]
        parameters.input = three(axes.map { x.sizes[$0] }, 1)
        parameters.output = three(windows.map(\.output), 1)
        parameters.kernel = three(windows.map(\.kernel), 1)
        parameters.stride = three(windows.map(\.stride), 1)
        parameters.before = three(windows.map(\.before), 0)
        parameters.x_strides = three(axes.map { x.strides[$0] }, 0)
        parameters.y_strides = three(axes.map { y.strides[$0] }, 0)
        (parameters.x_channel_stride, parameters.y_channel_stride) = (x.strides[channelAxis], y.strides[channelAxis])
        (parameters.x_batch_stride, parameters.y_batch_stride) = (x.strides[0], y.strides[0])
        parameters.counts_padding = pool.countsPadding ? 1 : 0
        (parameters.flip, parameters.is_global) = (x.unsignedFlip, isGlobal ? 1 : 0)
        (parameters.input_zero_point, parameters.output_zero_point) = (from.zeroPoint, to.zeroPoint)
        (parameters.input_scale, parameters.output_scale) = (from.scale, to.scale)
        parameters.factor = from.scale / (to.scale * Float(taps))
        try emit(
            kernel(.affineWindowPool, "bytes"), parameters, operands: [.value(x.id), .value(y.id)],
            units: saturatingProduct(x.sizes[0], x.sizes[channelAxis]),
            cost: saturatingProduct(windows.reduce(1) { saturatingProduct($0, $1.output) }, taps))
    }
}
