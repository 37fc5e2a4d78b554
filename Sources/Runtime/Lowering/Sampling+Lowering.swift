import CKernels
import ModelGraph
import Operators

extension LocalResponseNormalization: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == .float32, y.type == .float32 else { throw lowering.unsupportedTypes() }
        let axis = layout.channelAxis(rank: x.sizes.count)
        let inner = x.sizes[(axis + 1)...].reduce(1, *)
        let parameters = ck_local_response(
            channels: x.sizes[axis], inner: inner, before: (size - 1) / 2, after: size / 2,
            alpha: dividesBySize ? alpha / Float(size) : alpha, beta: beta, bias: bias)
        try lowering.emit(
            lowering.kernel(.localResponse, "float32"), parameters, operands: [.value(x.id), .value(y.id)],
            units: x.count / max(1, x.sizes[axis]), cost: saturatingProduct(x.sizes[axis], min(size, x.sizes[axis]) + 8)
        )
    }
}

extension GridSample: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, grid, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        guard x.type == y.type, grid.type == x.type else { throw lowering.unsupportedTypes() }
        let axes = Array(x.sizes.dropFirst(2))
        try lowering.requireSpatialRank(axes.count)
        var parameters = ck_grid_sample()
        (parameters.rank, parameters.channels) = (axes.count, x.sizes[1])
        parameters.positions = y.sizes.dropFirst(2).reduce(1, *)
        withUnsafeMutableBytes(of: &parameters.input) { $0.fill(axes) }
        parameters.mode = Int32(bitPattern: mode.kernelMode.rawValue)
        parameters.padding = Int32(bitPattern: border.kernelPadding.rawValue)
        parameters.aligns_corners = alignsCorners ? 1 : 0
        try lowering.emit(
            lowering.kernel(.gridSample, x.type.rawValue), parameters,
            operands: [.value(x.id), .value(grid.id), .value(y.id)], units: x.sizes[0] * parameters.positions,
            cost: saturatingProduct(x.sizes[1], 32))
    }
}

extension GridSample.Mode {
    fileprivate var kernelMode: ck_sample_mode {
        switch self {
        case .nearest: CK_SAMPLE_NEAREST
        case .linear: CK_SAMPLE_LINEAR
        case .cubic: CK_SAMPLE_CUBIC
        }
    }
}

extension GridSample.Border {
    fileprivate var kernelPadding: ck_sample_padding {
        switch self {
        case .zeros: CK_SAMPLE_ZEROS
        case .border: CK_SAMPLE_BORDER
        case .reflection: CK_SAMPLE_REFLECTION
        }
    }
}

extension AffineGrid: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (theta, y) = (try lowering.input(0), lowering.output)
        guard theta.type == y.type else { throw lowering.unsupportedTypes() }
        var parameters = ck_affine_grid()
        let axes = Array(y.sizes.dropFirst().dropLast())
        parameters.rank = axes.count
        withUnsafeMutableBytes(of: &parameters.sizes) { $0.fill(axes) }
        parameters.aligns_corners = alignsCorners ? 1 : 0
        try lowering.emit(
            lowering.kernel(.affineGrid, theta.type.rawValue), parameters,
            operands: [.value(theta.id), .value(y.id)], units: y.count / axes.count, cost: 32)
    }
}

extension RoiAlign: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, regions, images) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        let y = lowering.output
        guard [x, regions, y].allSatisfy({ $0.type == .float32 }), images.type == .int64 else {
            throw lowering.unsupportedTypes()
        }
        let parameters = ck_roi_align(
            batches: x.sizes[0], channels: x.sizes[1], height: x.sizes[2], width: x.sizes[3], output_height: rows,
            output_width: columns, sampling_ratio: samplingRatio, scale: scale,
            half_pixel: usesHalfPixelCenters ? 1 : 0, is_max: isMax ? 1 : 0)
        try lowering.emit(
            lowering.kernel(.roiAlign, "float32"), parameters,
            operands: [.value(x.id), .value(regions.id), .value(images.id), .value(y.id)],
            units: y.sizes[0] * y.sizes[1], cost: saturatingProduct(rows, columns, 64))
    }
}

extension MaxRoiPool: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, regions, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        guard [x, regions, y].allSatisfy({ $0.type == .float32 }) else { throw lowering.unsupportedTypes() }
        let parameters = ck_roi_align(
            batches: x.sizes[0], channels: x.sizes[1], height: x.sizes[2], width: x.sizes[3], output_height: rows,
            output_width: columns, sampling_ratio: 0, scale: scale, half_pixel: 0, is_max: 1)
        try lowering.emit(
            lowering.kernel(.roiPool, "float32"), parameters,
            operands: [.value(x.id), .value(regions.id), .value(y.id)], units: y.sizes[0] * y.sizes[1],
            cost: saturatingProduct(rows, columns, 16))
    }
}

extension DeformableConvolution: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, w, offsets) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        let (bias, mask, y) = (lowering.optionalInput(3), lowering.optionalInput(4), lowering.output)
        guard [x, w, offsets, bias, mask, y].allSatisfy({ $0 == nil || $0?.type == .float32 }) else {
            throw lowering.unsupportedTypes()
        }
        let windows = try checked(at: lowering.location) { () throws(GraphError) -> [Window] in
            try self.windows(x: x.sizes, w: w.sizes)
        }
        let parameters = ck_deform_conv(
            channels: x.sizes[1], height: x.sizes[2], width: x.sizes[3], outputs: w.sizes[0],
            output_height: windows[0].output, output_width: windows[1].output, kernel_height: windows[0].kernel,
            kernel_width: windows[1].kernel, stride_height: windows[0].stride, stride_width: windows[1].stride,
            dilation_height: windows[0].dilation, dilation_width: windows[1].dilation, pad_top: windows[0].before,
            pad_left: windows[1].before, groups: x.sizes[1] / w.sizes[1], offset_groups: offsetGroups)
        let cost = saturatingProduct(w.count / max(1, w.sizes[0]), w.sizes[0])
        lowering.multiplyAdds = saturatingProduct(x.sizes[0], windows[0].output, windows[1].output, cost)
        try lowering.emit(
            lowering.kernel(.deformConv, "float32"), parameters,
            operands: [
                .value(x.id), .value(w.id), .value(offsets.id), bias.map { .value($0.id) } ?? .none,
                mask.map { .value($0.id) } ?? .none, .value(y.id),
            ], units: x.sizes[0] * windows[0].output * windows[1].output, cost: cost)
    }
}

extension CausalConvolution: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, w, y, next) = (try lowering.input(0), try lowering.input(1), lowering.output, lowering.outputs[1])
        let (bias, state) = (lowering.optionalInput(2), lowering.optionalInput(3))
        guard [x, w, y, next, bias, state].allSatisfy({ $0 == nil || $0?.type == .float32 }) else {
            throw lowering.unsupportedTypes()
        }
        let parameters = ck_causal_conv(
            channels: x.sizes[1], length: x.sizes[2], taps: w.sizes[2], is_swish: isSwish ? 1 : 0)
        func operand(_ tensor: Tensor?) -> Operand { tensor.map { $0.count > 0 ? .value($0.id) : .none } ?? .none }
        let cost = saturatingProduct(x.sizes[2], w.sizes[2])
        lowering.multiplyAdds = saturatingProduct(x.sizes[0], x.sizes[1], cost)
        try lowering.emit(
            lowering.kernel(.causalConv, "float32"), parameters,
            operands: [.value(x.id), .value(w.id), operand(bias), operand(state), .value(y.id), operand(next)],
            units: x.sizes[0] * x.sizes[1], cost: cost)
    }
}
