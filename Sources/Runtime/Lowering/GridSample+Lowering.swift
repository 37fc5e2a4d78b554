import CKernels
import ModelGraph
import Operators

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
