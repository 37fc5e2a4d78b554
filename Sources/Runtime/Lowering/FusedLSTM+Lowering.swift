import CKernels
import ModelGraph
import Operators

extension Lowering {
    /// A tensor that a kernel reads and leaves its next content in: in place if it lasts from run to run.
    func state(_ tensor: Tensor, _ buffers: inout BufferList) -> (before: ck_part, after: ck_part) {
        let before = buffers.part(tensor)
        return (before, tensor.isState ? before : BufferList.none)
    }

    /// - Throws: `RuntimeError.unsupportedOperator` for an activation that no recurrent layer has.
    func recurrentActivation(_ activation: Activation) throws(RuntimeError) -> ck_recurrent_activation {
        let code: ck_recurrent_function =
            switch activation {
            case .none: CK_ACT_IDENTITY
            case .relu: CK_ACT_RELU
            case .reluN1To1: CK_ACT_RELU_N1_TO_1
            case .relu6: CK_ACT_RELU6
            case .tanh: CK_ACT_TANH
            case .signBit: CK_ACT_SIGN_BIT
            }
        return ck_recurrent_activation(function: Int32(bitPattern: code.rawValue), alpha: 0, beta: 0)
    }

    /// The scales of int8 weights; zeros for real ones.
    func scales(_ indices: [Int]) throws(RuntimeError) -> (Float, Float, Float, Float) {
        var scales: [Float] = []
        for index in indices {
            guard let tensor = optionalInput(index), tensor.type == .int8 else {
                scales.append(0)
                continue
            }
            scales.append(try tensor.affineScale().scale)
        }
        scales += Array(repeating: 0, count: 4 - scales.count)
        return (scales[0], scales[1], scales[2], scales[3])
    }

    /// Whether the weights are int8 where activations are real.
    ///
    /// - Throws: `RuntimeError.unsupportedType` if some are and others are not.
    func isHybrid(_ weights: [Int]) throws(RuntimeError) -> Bool {
        let types = Set(weights.compactMap { optionalInput($0)?.type })
        guard types.count == 1, let type = types.first, type == .float32 || type == .int8 else {
            throw unsupportedTypes()
        }
        return type == .int8
    }
}

/// One direction of a fused LSTM.
private struct DirectionCall {
    var layout: FusedLSTM.Layout
    var x: Tensor
    var extra: Tensor?
    var steps: Int
    var batch: Int
    /// Whether a row's steps stand behind each other.
    var isBatchFirst: Bool
    var isReverse = false
    var y: Tensor
    /// Where h of each step begins, and the extent of y's last axis.
    var offset = 0
    var width: Int
    var activation: Activation
    var cellClip: Float
    var projectionClip: Float
    var quantizesAsymmetrically: Bool
}

extension Lowering {
    fileprivate mutating func emit(_ call: DirectionCall) throws(RuntimeError) {
        let layout = call.layout
        var buffers = BufferList()
        var parameters = ck_recurrent(CK_LONG_SHORT_TERM)
        let weights = try input(layout.weights[3])
        (parameters.cells, parameters.outputs) = (weights.sizes[0], try input(layout.recurrent[3]).sizes[1])
        (parameters.steps, parameters.batch, parameters.inputs) = (call.steps, call.batch, weights.sizes[1])
        func strides(_ size: Int) -> (Int, Int) {
            call.isBatchFirst ? (size, call.steps * size) : (call.batch * size, size)
        }
        (parameters.x_step, parameters.x_row) = strides(parameters.inputs)
        (parameters.y_step, parameters.y_row) = strides(call.width)
        (parameters.hidden_row, parameters.cell_row) = (parameters.outputs, parameters.cells)
        parameters.x = buffers.part(call.x)
        func gates(_ indices: [Int]) -> GateParts { gateParts(indices.map { buffers.part(optionalInput($0)) }) }
        parameters.weights = gates(layout.weights)
        parameters.recurrent = gates(layout.recurrent)
        parameters.bias = gates(layout.biases)
        let (i, f, o) = (layout.peepholes[0], layout.peepholes[1], layout.peepholes[2])
        parameters.peephole = gateParts([
            buffers.part(optionalInput(i)), buffers.part(optionalInput(f)), BufferList.none,
            buffers.part(optionalInput(o)),
        ])
        parameters.normalization = gates(layout.normalization)
        var quantized = layout.weights + layout.recurrent
        if let extra = call.extra {
            parameters.extra = buffers.part(extra)
            parameters.extra_inputs = extra.sizes[2]
            (parameters.extra_step, parameters.extra_row) = strides(extra.sizes[2])
            parameters.extra_weights = gates(layout.extraWeights)
            quantized += layout.extraWeights
        }
        parameters.projection = buffers.part(optionalInput(layout.projection))
        parameters.projection_bias = buffers.part(optionalInput(layout.projectionBias))
        if try isHybrid(quantized + [layout.projection] + layout.peepholes) {
            parameters.is_hybrid = 1
            parameters.is_asymmetric = call.quantizesAsymmetrically ? 1 : 0
            parameters.weight_scales = try scales(layout.weights)
            parameters.extra_scales = try scales(call.extra == nil ? [] : layout.extraWeights)
            parameters.recurrent_scales = try scales(layout.recurrent)
            let peepholes = try scales([i, f, o])
            parameters.peephole_scales = (peepholes.0, peepholes.1, 0, peepholes.2)
            parameters.projection_scale = try scales([layout.projection]).0
            parameters.longest = max(
                parameters.inputs, parameters.extra_inputs, parameters.cells, parameters.outputs)
            parameters.bytes = buffers.part(addScratch(saturatingProduct(call.batch, parameters.longest)))
        }
        let hidden = state(try input(layout.hidden), &buffers), cell = state(try input(layout.cell), &buffers)
        (parameters.initial_hidden, parameters.final_hidden) = (hidden.before, hidden.after)
        (parameters.initial_cell, parameters.final_cell) = (cell.before, cell.after)
        parameters.y = buffers.part(call.y, offset: call.offset)
        parameters.work = buffers.part(addScratch(parameters.workByteCount))
        parameters.is_reverse = call.isReverse ? 1 : 0
        parameters.couples_gates = optionalInput(layout.weights[0]) == nil ? 1 : 0
        let activation = try recurrentActivation(call.activation)
        parameters.activations = (RecurrentActivation(.sigmoid).code, activation, activation)
        (parameters.cell_clip, parameters.projection_clip) = (call.cellClip, call.projectionClip)
        try emit(parameters, gates: 4, buffers)
    }

    /// - Throws: `RuntimeError.unsupportedType` if what is no weight is not float32.
    fileprivate func requireFloats(_ layout: FusedLSTM.Layout) throws(RuntimeError) {
        let reals = [0, layout.projectionBias, layout.hidden, layout.cell] + layout.biases + layout.normalization
        for index in reals {
            if let tensor = optionalInput(index), tensor.type != .float32 { throw unsupportedTypes() }
        }
        for tensor in outputs where tensor.type != .float32 { throw unsupportedTypes() }
    }
}

extension FusedLSTM: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        if x.type == .int8 { return try lowerIntegers(into: &lowering) }
        try lowering.requireFloats(.unidirectional)
        let (steps, batch) = extents(x: x.sizes)
        try lowering.emit(
            DirectionCall(
                layout: .unidirectional, x: x, steps: steps, batch: batch,
                isBatchFirst: form != .sequence(isTimeMajor: true), y: lowering.output,
                width: lowering.output.sizes[x.sizes.count - 1], activation: activation, cellClip: cellClip,
                projectionClip: projectionClip, quantizesAsymmetrically: quantizesAsymmetrically))
    }
}

extension FusedBidirectionalLSTM: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        let extra = lowering.optionalInput(Self.extra)
        let isOther = extra != nil && lowering.optionalInput(FusedLSTM.Layout.forward.extraWeights[3]) == nil
        let (steps, batch) = isTimeMajor ? (x.sizes[0], x.sizes[1]) : (x.sizes[1], x.sizes[0])
        var offset = 0
        for (direction, layout) in [FusedLSTM.Layout.forward, .backward].enumerated() {
            try lowering.requireFloats(layout)
            let index = mergesOutputs ? 0 : direction
            guard lowering.outputs.indices.contains(index) else { throw lowering.unsupportedTypes() }
            let y = lowering.outputs[index]
            try lowering.emit(
                DirectionCall(
                    layout: layout, x: direction == 1 && isOther ? extra ?? x : x, extra: isOther ? nil : extra,
                    steps: steps, batch: batch, isBatchFirst: !isTimeMajor, isReverse: direction == 1, y: y,
                    offset: offset, width: y.sizes[2], activation: activation, cellClip: cellClip,
                    projectionClip: projectionClip, quantizesAsymmetrically: quantizesAsymmetrically))
            if mergesOutputs { offset = try lowering.input(layout.recurrent[3]).sizes[1] }
        }
    }
}
