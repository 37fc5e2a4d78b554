import CKernels
import ModelGraph
import Operators

extension Convolution: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lower(into: &lowering, addend: .none) }

    /// Outputs that are computed together.
    private static let panelOutputs = 4 * Int(CK_BLOCK)

    /// - Parameter addend: what is added to the sums of a float convolution of four axes.
    func lower(into lowering: inout Lowering, addend: Operand) throws(RuntimeError) {
        let isByte = [.int8, .uint8].contains(try lowering.input(0).type)
        if isByte, layout == .channelsFirst, lowering.numerics == .onnxruntime {
            return try lowering.emitIntegers(self)
        }
        let (x, w, y) = (try lowering.input(0), try lowering.signedWeights(), lowering.output)
        let location = lowering.location
        guard layout == .channelsLast, x.sizes.count >= 3, x.sizes.count == w.sizes.count else {
            throw RuntimeError(.unsupportedOperator, "the operands are not in the kernel's order", at: location)
        }
        if x.sizes.count == 3 {
            // One row of an image.
            lowering.inputs[0]?.insertAxis(at: 1)
            lowering.inputs[1]?.insertAxis(at: 1)
            lowering.outputs[0].sizes.insert(1, at: 1)
            return try inserted().lower(into: &lowering)
        }
        let arithmetic = try lowering.linearArithmetic()
        let windows = try checked(at: location) { () throws(GraphError) -> [Window] in
            try self.windows(x: x.sizes, w: w.sizes)
        }
        let groups = try checked(at: location) { () throws(GraphError) -> Int in
            try groupCount(x: x.sizes, w: w.sizes)
        }
        if arithmetic == .wide || x.sizes.count > 4 {
            let (outputs, taps, inputs) = (
                w.sizes[0] / groups, w.sizes.dropFirst().dropLast().reduce(1, *), w.sizes.last!
            )
            return try lowering.emitWindowConvolution(
                WindowConvolution(
                    windows: windows, groups: groups, inputs: inputs, outputs: outputs,
                    strides: .init(group: outputs * taps * inputs, tap: inputs, input: 1, output: taps * inputs),
                    weightAxis: 0, activation: activation))
        }
        let taps = w.sizes[1] * w.sizes[2]
        let kernel = try lowering.kernel(.conv, arithmetic.rawValue)
        var packing = ck_packing(
            element_size: arithmetic == .float32 ? 4 : 1, groups: groups, outputs: w.sizes[0] / groups, taps: taps,
            inputs: w.sizes[3], depth: Int(kernel.depth))
        var parameters = ck_conv(x: x.sizes, y: y.sizes, windows: windows, groups: groups)
        let isProduct = arithmetic != .float32 && kernel.depth > 1
        let isPrepared = arithmetic == .int8 && isProduct
        if isProduct, ck_conv_joins_columns(&parameters) != 0 {
            (packing.taps, packing.inputs) = (w.sizes[1], w.sizes[2] * w.sizes[3])
        }
        let weights = try lowering.weightBytes()
        let bias = try lowering.bias()
        var operands: [Operand] = [.value(x.id), .value(y.id)]
        var units = y.sizes[0] * y.sizes[1]
        switch arithmetic {
        case .float32:
            let packed = try LinearWeights(float: weights, bias: bias, packing: packing, storage: lowering.storage)
            parameters.use(packed, bounds: try activation.clampingBounds(at: location))
            operands.append(addend)
            units = ck_divide_conv(&parameters, x.sizes[0])
        case .int8:
            let from = try x.signedScale()
            var packed = try LinearWeights(
                int8: weights, bias: bias, inputZeroPoint: from.zeroPoint, packing: packing,
                storage: lowering.storage)
            try lowering.requantize(
                &packed, from, try w.channelScales(axis: 0), activation: activation, allowsReal: false)
            parameters.use(packed, bounds: (0, 0))
            parameters.flip = x.signedFlip
            if isPrepared {
                parameters.prepared = try packed.prepare(isDouble: false, storage: lowering.storage)
                operands[0] = try lowering.padRows(x, for: &parameters, zeroPoint: from.zeroPoint)
            } else {
                operands[0] = try lowering.image(x)
                parameters.padding = try lowering.storage.row(
                    of: Int8(truncatingIfNeeded: try x.affineScale().zeroPoint), count: x.sizes[3])
            }
        case .hybrid:
            let packed = try LinearWeights(
                hybrid: weights, scales: try w.channelScales(axis: 0), bias: bias, packing: packing,
                storage: lowering.storage)
            parameters.use(packed, bounds: try activation.clampingBounds(at: location))
            let quantized = try lowering.quantizeImages(
                x, for: &parameters, isAsymmetric: (w.quantization?.scales.count ?? 1) > 1)
            operands = [quantized[0], .value(y.id), quantized[1]]
        case .wide: throw lowering.unsupportedTypes()
        }
        if isProduct {
            parameters.standPixelsInAColumn()
            units = y.sizes[0] * parameters.output_height
            if groups == 1, packing.outputs >= 2 * Self.panelOutputs, w.count / 8 > x.count {
                parameters.batch = y.sizes[0]
                parameters.panel = Self.panelOutputs / Int(CK_BLOCK)
                units = (packing.outputs + Self.panelOutputs - 1) / Self.panelOutputs
            }
        }
        lowering.multiplyAdds = saturatingProduct(y.count, taps, w.sizes[3])
        // A result takes as long to scale and store as so many products do.
        let epilogue = arithmetic == .hybrid ? 80 : 20
        let work = saturatingProduct(y.count, min(saturatingProduct(taps, w.sizes[3]), .max - epilogue) + epilogue)
        try lowering.emit(kernel, parameters, operands: operands, units: units, cost: work / max(1, units))
    }
}

extension Convolution {
    /// With an axis of extent 1 before the only spatial one.
    fileprivate func inserted() -> Convolution {
        var convolution = self
        convolution.strides.insert(1, at: 0)
        convolution.dilations.insert(1, at: 0)
        convolution.padding = padding.inserted()
        return convolution
    }
}

extension Padding {
    /// With nothing around an axis before the first one.
    func inserted() -> Padding {
        guard case .explicit(let amounts) = self else { return self }
        return .explicit([Amount(before: 0, after: 0)] + amounts)
    }
}

extension Tensor {
    /// Gives the tensor an axis of extent 1.
    mutating func insertAxis(at axis: Int) {
        sizes.insert(1, at: axis)
        source?.strides.insert(0, at: axis)
        if let own = quantization?.axis, own >= axis { quantization?.axis = own + 1 }
    }
}

extension ck_conv {
    /// The geometry of a channels-last convolution of four axes.
    init(x: [Int], y: [Int], windows: [Window], groups: Int) {
        self.init()
        (input_height, input_width, input_channels) = (x[1], x[2], x[3])
        (output_height, output_width, output_channels) = (y[1], y[2], y[3])
        (kernel_height, kernel_width) = (windows[0].kernel, windows[1].kernel)
        (stride_height, stride_width) = (windows[0].stride, windows[1].stride)
        (dilation_height, dilation_width) = (windows[0].dilation, windows[1].dilation)
        (pad_top, pad_left) = (windows[0].before, windows[1].before)
        self.groups = groups
    }

    /// Makes each pixel a row of its own where windows are single pixels that follow each other: threads then share as
    /// evenly as can be, and the kernels that take pixels over the ends of rows do so all the same.
    mutating func standPixelsInAColumn() {
        guard kernel_height == 1, kernel_width == 1, stride_height == 1, stride_width == 1, pad_top == 0, pad_left == 0,
            input_height == output_height, input_width == output_width
        else { return }
        // The product is that of extents of a tensor, which can be counted.
        (input_height, output_height) = (input_height * input_width, output_height * output_width)
        (input_width, output_width) = (1, 1)
    }

    mutating func use(_ weights: LinearWeights, bounds: (lower: Float, upper: Float)) {
        self.weights = weights.packed
        bias = weights.bias
        weight_sum = weights.sums
        weight_scale = weights.scales
        output = weights.output
        (minimum, maximum) = bounds
    }
}

extension Storage {
    /// One value `count` times, and over the slack behind.
    func row(of value: Int8, count: Int) throws(RuntimeError) -> UnsafeRawPointer {
        let row = try elements(count, of: Int8.self)
        for index in 0..<(count + Int(CK_SLACK)) { row[index] = value }
        return UnsafeRawPointer(row)
    }
}
