import CKernels
import ModelGraph
import Operators

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
            operands: [.value(x.id), .value(regions.id), .value(images.id), .value(y.id), .status],
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
            operands: [.value(x.id), .value(regions.id), .value(y.id), .status], units: y.sizes[0] * y.sizes[1],
            cost: saturatingProduct(rows, columns, 16))
    }
}
