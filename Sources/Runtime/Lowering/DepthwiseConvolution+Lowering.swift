import CKernels
import ModelGraph
import Operators

extension DepthwiseConvolution: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, w, y) = (try lowering.input(0), try lowering.signedWeights(), lowering.output)
        let arithmetic = try lowering.linearArithmetic()
        let location = lowering.location
        let windows = try checked(at: location) { () throws(GraphError) -> [Window] in
            try self.windows(x: x.sizes, w: w.sizes)
        }
        if arithmetic == .wide {
            let (groups, multiplier) = (x.sizes[3], w.sizes[3] / x.sizes[3])
            return try lowering.emitWindowConvolution(
                WindowConvolution(
                    windows: windows, groups: groups, inputs: 1, outputs: multiplier,
                    strides: .init(group: multiplier, tap: w.sizes[3], input: 0, output: 1), weightAxis: 3,
                    activation: activation))
        }
        let kernel = try lowering.kernel(.depthwise, arithmetic.rawValue)
        let storage = lowering.storage
        guard arithmetic != .int8 || y.type != .float32 else { throw lowering.unsupportedTypes() }
        let channels = w.sizes[3]
        let taps = w.sizes[1] * w.sizes[2]
        // One group of as many outputs as there are channels gives arrays padded to whole blocks.
        let packing = ck_packing(element_size: 1, groups: 1, outputs: channels, taps: 1, inputs: 1, depth: 1)
        let lanes = withUnsafePointer(to: packing) { ck_packed_lanes($0) }
        func spread<Element: BitwiseCopyable>(_ values: [Element]?) throws(RuntimeError) -> UnsafePointer<Element> {
            UnsafePointer(try LinearWeights.spread(values, packing, lanes: lanes, storage: storage))
        }
        let weights = try lowering.weightBytes()
        var parameters = ck_conv(x: x.sizes, y: y.sizes, windows: windows, groups: x.sizes[3])
        parameters.weights = try storage.rows(
            weights, count: taps, length: channels * (arithmetic == .float32 ? 4 : 1),
            stride: lanes * (arithmetic == .float32 ? 4 : 1))
        let bias = try lowering.bias()
        var operands: [Operand] = [.value(x.id), .value(y.id)]
        if arithmetic == .int8 {
            let (from, to, scales) = (try x.signedScale(), try y.affineScale(), try w.channelScales(axis: 3))
            let bounds =
                lowering.numerics == .xnnpack
                ? try to.evenBounds(of: activation, in: y.integerRange, at: location)
                : try to.bounds(of: activation, in: y.byteRange, at: location)
            parameters.input_zero_point = from.zeroPoint
            parameters.flip = x.signedFlip
            parameters.bias = UnsafeRawPointer(try spread(bias?.elements(as: Int32.self)))
            (parameters.output.minimum, parameters.output.maximum) = bounds
            parameters.output.zero_point = to.zeroPoint
            let factors = lowering.singleFactors(from, scales, to)
            if lowering.numerics == .onnxruntime || lowering.numerics == .xnnpack && XNNPACK.takes(factors) {
                parameters.output.factor = try spread(factors)
            } else {
                parameters.output.rounds_up = lowering.numerics == .xnnpack ? 1 : 0
                let multipliers = lowering.requantizationFactors(from, scales, to).map(QuantizedMultiplier.init)
                parameters.output.multiplier = try spread(multipliers.map(\.multiplier))
                parameters.output.left = try spread(multipliers.map(\.left))
                parameters.output.right = try spread(multipliers.map(\.right))
            }
            if kernel.depth > 1 { parameters.prepared = try storage.prepareDepthwise(&parameters, for: kernel) }
        } else {
            parameters.bias = UnsafeRawPointer(try spread(bias?.elements(as: Float.self)))
            (parameters.minimum, parameters.maximum) = try activation.clampingBounds(at: location)
        }
        if arithmetic == .hybrid {
            parameters.weight_scale = try spread(try w.channelScales(axis: 3))
            parameters.flip = 0x80
            if kernel.depth > 1 { parameters.prepared = try storage.prepareDepthwise(&parameters, for: kernel) }
            let quantized = try lowering.quantizeRows(x, rows: x.sizes[0], isAsymmetric: true, flip: 0x80)
            operands = [quantized[0], .value(y.id), quantized[1]]
        }
        let macs = saturatingProduct(y.sizes[2], y.sizes[3], taps)
        lowering.multiplyAdds = saturatingProduct(y.sizes[0], y.sizes[1], macs)
        try lowering.emit(
            kernel, parameters, operands: operands, units: y.sizes[0] * y.sizes[1], cost: saturatingProduct(macs, 4))
    }
}

extension Storage {
    /// `count` rows of `length` bytes, each padded with zeros to `stride` bytes.
    func rows(_ data: TensorData, count: Int, length: Int, stride: Int) throws(RuntimeError) -> UnsafeRawPointer {
        let memory = try elements(count, stride, of: UInt8.self)
        data.withUnsafeBytes { source in
            for row in 0..<count {
                UnsafeMutableRawPointer(memory + row * stride).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[(row * length)..<((row + 1) * length)]).baseAddress!,
                    byteCount: length)
            }
        }
        return UnsafeRawPointer(memory)
    }
}
