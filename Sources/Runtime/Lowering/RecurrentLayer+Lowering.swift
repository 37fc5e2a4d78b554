import CKernels
import ModelGraph
import Operators

/// The buffers of one call, and the parts of them that its parameters name.
struct BufferList {
    private(set) var operands: [Operand] = []

    static let none = ck_part(buffer: -1, offset: 0)

    /// - Parameter offset: in elements.
    mutating func part(_ operand: Operand, offset: Int = 0) -> ck_part {
        operands.append(operand)
        return ck_part(buffer: Int32(operands.count - 1), offset: offset)
    }

    /// A part that may be left out.
    mutating func part(_ tensor: Tensor?, offset: Int = 0) -> ck_part {
        tensor.map { part(.value($0.id), offset: offset) } ?? BufferList.none
    }
}

extension ck_part {
    func advanced(by elements: Int) -> ck_part {
        buffer < 0 ? self : ck_part(buffer: buffer, offset: offset + elements)
    }
}

/// One part for each gate.
typealias GateParts = (ck_part, ck_part, ck_part, ck_part)

/// - Precondition: at most four parts.
func gateParts(_ parts: [ck_part]) -> GateParts {
    func at(_ index: Int) -> ck_part { index < parts.count ? parts[index] : BufferList.none }
    return (at(0), at(1), at(2), at(3))
}

extension ck_recurrent {
    /// Parameters without any part.
    init(_ kind: ck_recurrent_kind) {
        self.init()
        self.kind = Int32(bitPattern: kind.rawValue)
        let none = BufferList.none
        (x, extra, y, projection, projection_bias, lengths, work) = (none, none, none, none, none, none, none)
        (initial_hidden, initial_cell, final_hidden, final_cell) = (none, none, none, none)
        (weights, extra_weights, recurrent) = (gateParts([]), gateParts([]), gateParts([]))
        (bias, recurrent_bias, peephole, normalization) = (gateParts([]), gateParts([]), gateParts([]), gateParts([]))
    }

    /// Bytes of work for all rows.
    var workByteCount: Int { saturatingProduct(batch, 6 * cells + 2 * outputs, MemoryLayout<Float>.stride) }

    /// Multiply-adds of one row.
    func rowCost(gates: Int) -> Int { saturatingProduct(steps, gates, cells, inputs + extra_inputs + outputs) }
}

extension Lowering {
    /// - Throws: `RuntimeError.unsupportedType` if an operand or a result is not float32.
    func requireFloats(except integers: Set<Int> = []) throws(RuntimeError) {
        for (index, tensor) in inputs.enumerated() where !integers.contains(index) {
            if let tensor, tensor.type != .float32 { throw unsupportedTypes() }
        }
        for tensor in outputs where tensor.type != .float32 { throw unsupportedTypes() }
    }

    mutating func emit(_ parameters: ck_recurrent, gates: Int, _ buffers: BufferList) throws(RuntimeError) {
        let cost = parameters.rowCost(gates: gates)
        multiplyAdds = multiplyAdds.addingReportingOverflow(saturatingProduct(cost, parameters.batch)).partialValue
        try emit(
            kernel(.recurrent, "float32"), parameters, operands: buffers.operands, units: parameters.batch, cost: cost)
    }
}

extension RecurrentLayer: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats(except: [4])
        for direction in 0..<directions { try lower(direction: direction, into: &lowering) }
    }

    private func lower(direction: Int, into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        let (steps, batch) = isBatchFirst ? (x.sizes[1], x.sizes[0]) : (x.sizes[0], x.sizes[1])
        let (inputs, hidden) = (x.sizes[2], hiddenSize)
        var buffers = BufferList()
        var parameters = ck_recurrent(code)
        (parameters.steps, parameters.batch, parameters.inputs) = (steps, batch, inputs)
        (parameters.cells, parameters.outputs) = (hidden, hidden)
        (parameters.x_step, parameters.x_row) = isBatchFirst ? (inputs, steps * inputs) : (batch * inputs, inputs)
        let side = directions * hidden
        (parameters.y_step, parameters.y_row) = isBatchFirst ? (side, steps * side) : (batch * side, hidden)
        parameters.hidden_row = isBatchFirst ? side : hidden
        parameters.cell_row = parameters.hidden_row
        let state = direction * (isBatchFirst ? hidden : batch * hidden)

        parameters.x = buffers.part(x)
        let gates = kind.gateCount * hidden
        func perGate(_ part: ck_part, _ stride: Int, from start: Int = 0) -> GateParts {
            gateParts(order.map { part.advanced(by: start + $0 * stride) })
        }
        parameters.weights = perGate(
            buffers.part(try lowering.input(1), offset: direction * gates * inputs), hidden * inputs)
        parameters.recurrent = perGate(
            buffers.part(try lowering.input(2), offset: direction * gates * hidden), hidden * hidden)
        let bias = buffers.part(lowering.optionalInput(3), offset: direction * gates * 2)
        parameters.bias = perGate(bias, hidden)
        parameters.recurrent_bias = perGate(bias, hidden, from: gates)
        parameters.lengths = buffers.part(lowering.optionalInput(4))
        parameters.initial_hidden = buffers.part(lowering.optionalInput(5), offset: state)
        if kind == .lstm {
            parameters.initial_cell = buffers.part(lowering.optionalInput(6), offset: state)
            let peepholes = buffers.part(lowering.optionalInput(7), offset: direction * 3 * hidden)
            // They stand in the order i, o, f; the new content has none.
            parameters.peephole = gateParts([
                peepholes, peepholes.advanced(by: 2 * hidden), BufferList.none, peepholes.advanced(by: hidden),
            ])
        }
        parameters.y = buffers.part(
            lowering.output, offset: direction * (isBatchFirst ? hidden : batch * hidden))
        let results = lowering.outputs
        if results.count > 1 { parameters.final_hidden = buffers.part(results[1], offset: state) }
        if results.count > 2 { parameters.final_cell = buffers.part(results[2], offset: state) }
        parameters.work = buffers.part(lowering.addScratch(parameters.workByteCount))
        parameters.is_reverse = self.direction == .reverse || direction == 1 ? 1 : 0
        parameters.resets_product = resetsProduct ? 1 : 0
        parameters.couples_gates = couplesGates ? 1 : 0
        parameters.clip = clip ?? 0
        let count = kind.activationCount
        let functions = activations[direction * count..<(direction + 1) * count].map(\.code)
        parameters.activations = (
            functions[0], functions[min(1, count - 1)], functions[count - 1]
        )
        try lowering.emit(parameters, gates: kind.gateCount, buffers)
    }

    private var code: ck_recurrent_kind {
        switch kind {
        case .rnn: CK_SIMPLE_RECURRENT
        case .gru: CK_GATED_RECURRENT
        case .lstm: CK_LONG_SHORT_TERM
        }
    }

    /// Where each of the kernel's gates stands in the operands: an LSTM's are i, o, f and the new content.
    private var order: [Int] {
        switch kind {
        case .rnn: [0]
        case .gru: [0, 1, 2]
        case .lstm: [0, 2, 3, 1]
        }
    }
}

extension RecurrentActivation {
    var code: ck_recurrent_activation {
        let code: ck_recurrent_function =
            switch function {
            case .sigmoid: CK_ACT_SIGMOID
            case .tanh: CK_ACT_TANH
            case .relu: CK_ACT_RELU
            case .affine: CK_ACT_AFFINE
            case .leakyRelu: CK_ACT_LEAKY_RELU
            case .thresholdedRelu: CK_ACT_THRESHOLDED_RELU
            case .scaledTanh: CK_ACT_SCALED_TANH
            case .hardSigmoid: CK_ACT_HARD_SIGMOID
            case .elu: CK_ACT_ELU
            case .softsign: CK_ACT_SOFTSIGN
            case .softplus: CK_ACT_SOFTPLUS
            }
        return ck_recurrent_activation(function: Int32(bitPattern: code.rawValue), alpha: alpha, beta: beta)
    }
}
