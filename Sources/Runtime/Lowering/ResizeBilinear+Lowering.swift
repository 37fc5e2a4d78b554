import CKernels
import ModelGraph
import Operators

extension ResizeBilinear: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        if lowering.numerics == .xnnpack, x.type == y.type, x.type == .int8 || x.type == .uint8 {
            _ = try lowering.requireSameScale(x, y)
            return try lowering.emitXNNPACKResize(
                x, alignsCorners: alignsCorners, usesHalfPixelCenters: usesHalfPixelCenters)
        }
        let isInteger = x.type == .int8 || x.type == .uint8 || x.type == .int16
        guard x.type == y.type, x.type == .float32 || isInteger else { throw lowering.unsupportedTypes() }
        if isInteger { _ = try lowering.requireSameScale(x, y) }
        let parameters = ck_resize(
            input_height: x.sizes[1], input_width: x.sizes[2], output_height: y.sizes[1], output_width: y.sizes[2],
            channels: x.sizes[3], aligns_corners: alignsCorners ? 1 : 0,
            uses_half_pixel_centers: usesHalfPixelCenters ? 1 : 0)
        try lowering.emit(
            lowering.kernel(.resizeBilinear, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            units: y.sizes[0] * y.sizes[1], cost: y.sizes[2] * y.sizes[3] * 8)
    }
}
