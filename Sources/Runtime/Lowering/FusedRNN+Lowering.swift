import CKernels
import ModelGraph
import Operators

extension FusedRNN: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        let extra = lowering.optionalInput(9)
        // A second input without weights of its own is what the second direction reads; LiteRT does that only where the
        // steps come first.
        let isOther = extra != nil && lowering.optionalInput(10) == nil
        var merges = false
        if case .bidirectional(_, let mergesOutputs) = form { merges = mergesOutputs }
        var offset = 0
        for direction in 0..<directions {
            let index = merges ? 0 : direction
            guard lowering.outputs.indices.contains(index) else { throw lowering.unsupportedTypes() }
            let first = 1 + direction * 4
            try lower(
                first, x: direction == 1 && isOther && isTimeMajor ? extra ?? x : x, extra: isOther ? nil : extra,
                extraWeights: 10 + direction, to: lowering.outputs[index], at: offset, isReverse: direction == 1,
                into: &lowering)
            if merges { offset = try lowering.input(first).sizes[0] }
        }
    }

    /// One direction, whose weights begin with operand `first`.
    private func lower(
        _ first: Int, x: Tensor, extra: Tensor?, extraWeights: Int, to y: Tensor, at offset: Int, isReverse: Bool,
        into lowering: inout Lowering
    ) throws(RuntimeError) {
        let (bias, hidden) = (try lowering.input(first + 2), try lowering.input(first + 3))
        guard [x, bias, hidden, y].allSatisfy({ $0.type == .float32 }), extra == nil || extra?.type == .float32 else {
            throw lowering.unsupportedTypes()
        }
        var buffers = BufferList()
        var parameters = ck_recurrent(CK_SIMPLE_RECURRENT)
        let weights = try lowering.input(first)
        let rank = x.sizes.count
        let isBatchFirst = !isTimeMajor
        (parameters.steps, parameters.batch) =
            rank == 2 ? (1, x.sizes[0]) : isBatchFirst ? (x.sizes[1], x.sizes[0]) : (x.sizes[0], x.sizes[1])
        (parameters.inputs, parameters.cells, parameters.outputs) = (
            weights.sizes[1], weights.sizes[0], weights.sizes[0]
        )
        let (steps, batch) = (parameters.steps, parameters.batch)
        func strides(_ size: Int) -> (Int, Int) { isBatchFirst ? (size, steps * size) : (batch * size, size) }
        (parameters.x_step, parameters.x_row) = strides(parameters.inputs)
        (parameters.y_step, parameters.y_row) = strides(y.sizes[rank - 1])
        (parameters.hidden_row, parameters.cell_row) = (parameters.cells, parameters.cells)
        parameters.x = buffers.part(x)
        parameters.weights = gateParts([buffers.part(weights)])
        parameters.recurrent = gateParts([buffers.part(try lowering.input(first + 1))])
        parameters.bias = gateParts([buffers.part(bias)])
        var quantized = [first, first + 1]
        if let extra {
            parameters.extra = buffers.part(extra)
            parameters.extra_inputs = extra.sizes[2]
            (parameters.extra_step, parameters.extra_row) = strides(extra.sizes[2])
            parameters.extra_weights = gateParts([buffers.part(lowering.optionalInput(extraWeights))])
            quantized.append(extraWeights)
        }
        if try lowering.isHybrid(quantized) {
            parameters.is_hybrid = 1
            parameters.is_asymmetric = quantizesAsymmetrically ? 1 : 0
            parameters.weight_scales = try lowering.scales([first])
            parameters.recurrent_scales = try lowering.scales([first + 1])
            parameters.extra_scales = try lowering.scales([extraWeights])
            parameters.longest = max(parameters.inputs, parameters.extra_inputs, parameters.cells)
            parameters.bytes = buffers.part(lowering.addScratch(saturatingProduct(batch, parameters.longest)))
        }
        (parameters.initial_hidden, parameters.final_hidden) = lowering.state(hidden, &buffers)
        parameters.y = buffers.part(y, offset: offset)
        parameters.work = buffers.part(lowering.addScratch(parameters.workByteCount))
        parameters.is_reverse = isReverse ? 1 : 0
        let function = try lowering.recurrentActivation(activation)
        parameters.activations = (function, function, function)
        try lowering.emit(parameters, gates: 1, buffers)
    }
}

extension RankFilter: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, features, time) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        let (bias, memory, y) = (lowering.optionalInput(3), try lowering.input(4), lowering.output)
        var parameters = ck_rank_filter()
        (parameters.inputs, parameters.filters) = (x.sizes[1], features.sizes[0])
        (parameters.steps, parameters.rank) = (time.sizes[1], rank)
        parameters.activation = try lowering.recurrentActivation(activation)
        var operands: [Operand] = [
            .value(x.id), .value(features.id), .value(time.id), bias.map { .value($0.id) } ?? .none, .value(memory.id),
            .value(y.id),
        ]
        if !memory.isState {
            // What was given stays as it is.
            operands[4] = lowering.addScratch(memory.byteCount)
            try lowering.emitMove(
                elementSize: memory.type == .int16 ? 2 : 4, sizes: [memory.count], from: (.value(memory.id), 0, [1]),
                to: (operands[4], 0, [1]))
        }
        let kind: String
        switch (x.type, features.type, time.type, memory.type) {
        case (.float32, .float32, .float32, .float32):
            kind = "float32"
        case (.float32, .int8, _, .float32):
            kind = "hybrid"
            parameters.feature_scale = try features.affineScale().scale
            parameters.is_asymmetric = quantizesAsymmetrically ? 1 : 0
            if time.type == .int8 { operands[2] = try realWeights(time, lowering) }
            guard time.type == .int8 || time.type == .float32 else { throw lowering.unsupportedTypes() }
            operands.append(lowering.addScratch(saturatingProduct(x.sizes[0], x.sizes[1])))
        case (.int8, .int8, .int16, .int16) where y.type == .int8:
            kind = "int8"
            try quantize(&parameters, x, features, time, memory, y)
        default: throw lowering.unsupportedTypes()
        }
        guard kind == "int8" || (y.type == .float32 && bias?.type ?? .float32 == .float32),
            kind != "int8" || bias?.type ?? .int32 == .int32
        else { throw lowering.unsupportedTypes() }
        let cost = saturatingProduct(parameters.filters, parameters.inputs + parameters.steps)
        lowering.multiplyAdds = saturatingProduct(x.sizes[0], cost)
        try lowering.emit(
            lowering.kernel(.rankFilter, kind), parameters, operands: operands, units: x.sizes[0], cost: cost)
    }

    /// int8 weights as the real numbers that they stand for.
    private func realWeights(_ tensor: Tensor, _ lowering: Lowering) throws(RuntimeError) -> Operand {
        guard let data = tensor.constant else { throw lowering.unsupportedTypes() }
        let scale = try tensor.affineScale().scale
        let values = data.elements(as: Int8.self).map { Float($0) * scale }
        return .constant(UnsafeRawPointer(try lowering.storage.array(values)))
    }

    private func quantize(
        _ parameters: inout ck_rank_filter, _ x: Tensor, _ features: Tensor, _ time: Tensor, _ memory: Tensor,
        _ y: Tensor
    ) throws(RuntimeError) {
        let (from, state, to) = (try x.affineScale(), try memory.affineScale(), try y.affineScale())
        let (first, second) = (try features.affineScale(), try time.affineScale())
        let feature = QuantizedMultiplier(Double(from.scale * first.scale / state.scale))
        let result = QuantizedMultiplier(Double(state.scale * second.scale / to.scale))
        (parameters.input_zero_point, parameters.output_zero_point) = (from.zeroPoint, to.zeroPoint)
        (parameters.feature_multiplier, parameters.feature_left, parameters.feature_right) = (
            feature.multiplier, feature.left, feature.right
        )
        (parameters.time_multiplier, parameters.time_left, parameters.time_right) = (
            result.multiplier, result.left, result.right
        )
    }
}
