import CKernels
import ModelGraph
import Operators

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
