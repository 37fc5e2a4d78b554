import CKernels
import ModelGraph
import Operators

extension BatchNormalization: Lowerable {
    /// y = x·a + c with a = γ/√(σ² + ε) and c = β − μ·a: a depthwise convolution of one tap.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        if (1...4).contains(where: { lowering.optionalInput($0)?.constant == nil }) {
            return try lowerComputed(into: &lowering)
        }
        guard layout == .channelsLast || x.sizes.count == 2 else {
            throw RuntimeError(
                .unsupportedOperator, "only a batch normalization of the last axis is supported", at: lowering.location)
        }
        var factors: [[Float]] = []
        for (index, role) in ["", "scales", "offsets", "means", "variances"].enumerated().dropFirst() {
            guard try lowering.input(index).type == .float32 else { throw lowering.unsupportedTypes() }
            factors.append(try lowering.constant(index, role).elements())
        }
        guard x.type == .float32, y.type == .float32, let channels = x.sizes.last,
            factors.allSatisfy({ $0.count == channels })
        else { throw lowering.unsupportedTypes() }
        let kernel = try lowering.kernel(.depthwise, "float32")
        let packing = ck_packing(element_size: 4, groups: 1, outputs: channels, taps: 1, inputs: 1, depth: 1)
        let lanes = withUnsafePointer(to: packing) { ck_packed_lanes($0) }
        let scales = zip(factors[0], factors[3]).map { $0 / ($1 + epsilon).squareRoot() }
        let offsets = (0..<channels).map { factors[1][$0] - factors[2][$0] * scales[$0] }
        let columns = x.sizes.count > 2 ? x.sizes[x.sizes.count - 2] : 1
        let rows = x.count / channels / max(columns, 1)
        var parameters = ck_conv()
        (parameters.input_height, parameters.output_height) = (rows, rows)
        (parameters.input_width, parameters.output_width) = (columns, columns)
        (parameters.input_channels, parameters.output_channels) = (channels, channels)
        (parameters.kernel_height, parameters.kernel_width) = (1, 1)
        (parameters.stride_height, parameters.stride_width) = (1, 1)
        (parameters.dilation_height, parameters.dilation_width) = (1, 1)
        parameters.groups = channels
        parameters.weights = UnsafeRawPointer(
            try LinearWeights.spread(scales, packing, lanes: lanes, storage: lowering.storage))
        parameters.bias = UnsafeRawPointer(
            try LinearWeights.spread(offsets, packing, lanes: lanes, storage: lowering.storage))
        (parameters.minimum, parameters.maximum) = (-.infinity, .infinity)
        lowering.multiplyAdds = x.count
        try lowering.emit(
            kernel, parameters, operands: [.value(x.id), .value(y.id)], units: rows,
            cost: saturatingProduct(columns, channels))
    }
}
