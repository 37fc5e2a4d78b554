import CKernels
import ModelGraph
import Operators

extension Pool: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let location = lowering.location
        let isMeanOfBytes =
            lowering.numerics == .onnxruntime && kind == .average && x.quantization != nil
            && (x.type == .int8 || x.type == .uint8)
        if isMeanOfBytes, layout == .channelsFirst || !isPlain || x.sizes.count > 4 {
            return try lowering.emitMean(of: self)
        }
        guard layout == .channelsLast, isPlain, x.sizes.count == 3 || x.sizes.count == 4 else {
            return try lowering.emitWindowPool(self, places: givesPlaces ? CK_PLACE_IN_TENSOR : CK_NO_PLACES)
        }
        if x.sizes.count == 3 {
            // One row of an image.
            lowering.inputs[0]?.sizes.insert(1, at: 1)
            lowering.outputs[0].sizes.insert(1, at: 1)
            var pool = self
            pool.window.insert(1, at: 0)
            pool.strides.insert(1, at: 0)
            pool.dilations.insert(1, at: 0)
            pool.padding = padding.inserted()
            return try pool.lower(into: &lowering)
        }
        let windows = try checked(at: location) { () throws(GraphError) -> [Window] in
            try self.windows(x: x.sizes)
        }
        var parameters = ck_pool()
        (parameters.input_height, parameters.input_width, parameters.channels) = (x.sizes[1], x.sizes[2], x.sizes[3])
        (parameters.output_height, parameters.output_width) = (y.sizes[1], y.sizes[2])
        (parameters.kernel_height, parameters.kernel_width) = (windows[0].kernel, windows[1].kernel)
        (parameters.stride_height, parameters.stride_width) = (windows[0].stride, windows[1].stride)
        (parameters.pad_top, parameters.pad_left) = (windows[0].before, windows[1].before)
        let isInteger = x.type == .int8 || x.type == .uint8 || x.type == .int16
        // Bytes between integer operators may have no scale of their own.
        let isPlainInteger = isInteger && (x.quantization == nil || kind == .max && y.quantization == nil)
        if x.type == .float64 || isPlainInteger { return try lowering.emitWindowPool(self) }
        guard x.type == y.type, x.type == .float32 || isInteger else { throw lowering.unsupportedTypes() }
        if isInteger, lowering.numerics == .onnxruntime, kind == .average {
            guard activation == .none, x.type != .int16 else { throw lowering.unsupportedTypes() }
            return try lowering.emitMean(x, windows, parameters)
        }
        if x.type == .float32 {
            (parameters.minimum, parameters.maximum) = try activation.clampingBounds(at: location)
        } else {
            let scale = try lowering.requireSameScale(x, y)
            (parameters.quantized_minimum, parameters.quantized_maximum) = try scale.bounds(
                of: activation, in: x.integerRange, at: location)
        }
        let kernel = try lowering.kernel(kind == .average ? .averagePool : .maxPool, x.type.rawValue)
        let (height, width) = (min(windows[0].kernel, x.sizes[1]), min(windows[1].kernel, x.sizes[2]))
        try lowering.emit(
            kernel, parameters, operands: [.value(x.id), .value(y.id)], units: y.sizes[0] * y.sizes[1],
            cost: saturatingProduct(height, width, y.sizes[2], y.sizes[3]))
    }
}

extension Lowering {
    /// The one quantization of an operator that copies or selects elements.
    ///
    /// - Throws: `RuntimeError.unsupportedOperator` if the tensors' scales or zero points differ.
    func requireSameScale(_ a: Tensor, _ b: Tensor) throws(RuntimeError) -> AffineScale {
        let (first, second) = (try a.affineScale(), try b.affineScale())
        guard abs(first.scale - second.scale) <= 1e-6, first.zeroPoint == second.zeroPoint else {
            throw RuntimeError(
                .unsupportedOperator, "\(a.description) and \(b.description) differ in scale or zero point",
                at: location)
        }
        return second
    }
}
