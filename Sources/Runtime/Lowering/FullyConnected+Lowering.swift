import CKernels
import ModelGraph
import Operators

extension FullyConnected: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, w, y) = (try lowering.input(0), try lowering.signedWeights(), lowering.output)
        let arithmetic = try lowering.linearArithmetic()
        let location = lowering.location
        let (outputs, inputs) = (w.sizes[0], w.sizes[1])
        guard inputs > 0 else {
            throw RuntimeError(.invalidModel, "weights of shape \(Shape(w.sizes))", at: location)
        }
        if arithmetic == .wide {
            let window = Window(input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, before: 0)
            return try lowering.emitWindowConvolution(
                WindowConvolution(
                    windows: [window], groups: 1, inputs: inputs, outputs: outputs,
                    strides: .init(group: 0, tap: 0, input: 1, output: inputs), weightAxis: 0, activation: activation,
                    scalesInDoublePrecision: true))
        }
        let kernel = try lowering.kernel(.fullyConnected, arithmetic.rawValue)
        let packing = ck_packing(
            element_size: arithmetic == .float32 ? 4 : 1, groups: 1, outputs: outputs, taps: 1, inputs: inputs,
            depth: Int(kernel.depth))
        let weights = try lowering.weightBytes()
        let bias = try lowering.bias()
        let batch = x.count / inputs
        var bounds: (lower: Float, upper: Float) = (0, 0)
        var operands: [Operand] = [.value(x.id), .value(y.id)]
        var packed: LinearWeights
        switch arithmetic {
        case .float32:
            packed = try LinearWeights(float: weights, bias: bias, packing: packing, storage: lowering.storage)
            bounds = try activation.clampingBounds(at: location)
        case .int8:
            let from = try x.signedScale()
            packed = try LinearWeights(
                int8: weights, bias: bias, inputZeroPoint: from.zeroPoint, packing: packing,
                storage: lowering.storage)
            try lowering.requantize(
                &packed, from, try w.channelScales(axis: 0), activation: activation, allowsReal: true)
        case .hybrid:
            packed = try LinearWeights(
                hybrid: weights, scales: try w.channelScales(axis: 0), bias: bias, packing: packing,
                storage: lowering.storage)
            bounds = try activation.clampingBounds(at: location)
            let quantized = try lowering.quantizeRows(
                x, rows: batch, isAsymmetric: quantizesInputsAsymmetrically, flip: 0x80)
            operands = [quantized[0], .value(y.id), quantized[1]]
        case .wide: throw lowering.unsupportedTypes()
        }
        var parameters = ck_fully_connected(
            batch: batch, inputs: inputs, outputs: outputs, weights: packed.packed, bias: packed.bias,
            weight_scale: packed.scales,
            weight_sum: packed.sums, flip: arithmetic == .int8 ? x.signedFlip : 0x80,
            is_real: arithmetic == .int8 && y.type == .float32 ? 1 : 0, minimum: bounds.lower, maximum: bounds.upper,
            output: packed.output, prepared: nil)
        if arithmetic == .int8, kernel.depth > 1 {
            parameters.prepared = try packed.prepare(isDouble: true, storage: lowering.storage)
        }
        let block = Int(CK_BLOCK)
        lowering.multiplyAdds = saturatingProduct(batch, inputs, outputs)
        try lowering.emit(
            kernel, parameters, operands: operands, units: packed.lanes / block,
            cost: saturatingProduct(batch, inputs, block))
    }
}
