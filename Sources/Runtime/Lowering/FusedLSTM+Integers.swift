import CKernels
import ModelGraph
import Operators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension FusedLSTM {
    /// int8 activations and weights, and a cell of int16 whose scale is a power of two.
    func lowerIntegers(into lowering: inout Lowering) throws(RuntimeError) {
        let layout = Layout.unidirectional
        let (x, y) = (try lowering.input(0), lowering.output)
        let (hidden, cell) = (try lowering.input(layout.hidden), try lowering.input(layout.cell))
        guard y.type == .int8, hidden.type == .int8, cell.type == .int16 else { throw lowering.unsupportedTypes() }
        let (from, state) = (try x.affineScale(), try hidden.affineScale())
        let cellExponent = try exponent(of: cell)
        guard intermediates.count == 5, let before = try intermediate(4, at: lowering.location),
            (-15 ... -9).contains(cellExponent)
        else {
            throw RuntimeError(
                .unsupportedOperator, "an integer LSTM without its five intermediate scales is not supported",
                at: lowering.location)
        }
        var buffers = BufferList()
        var parameters = ck_integer_lstm()
        let weights = try lowering.input(layout.weights[3])
        (parameters.cells, parameters.inputs) = (weights.sizes[0], weights.sizes[1])
        parameters.outputs = try lowering.input(layout.recurrent[3]).sizes[1]
        (parameters.steps, parameters.batch) = extents(x: x.sizes)
        let (steps, batch) = (parameters.steps, parameters.batch)
        let isBatchFirst = form != .sequence(isTimeMajor: true)
        func strides(_ size: Int) -> (Int, Int) { isBatchFirst ? (size, steps * size) : (batch * size, size) }
        (parameters.x_step, parameters.x_row) = strides(parameters.inputs)
        (parameters.y_step, parameters.y_row) = strides(parameters.outputs)
        parameters.x = buffers.part(x)
        parameters.y = buffers.part(y)
        parameters.hidden = try lowering.changeable(hidden, elementSize: 1, &buffers)
        parameters.cell = try lowering.changeable(cell, elementSize: 2, &buffers)
        var gates: [ck_integer_gate] = []
        for gate in 0..<4 {
            gates.append(
                try self.gate(
                    gate, layout, from: from, state: state, cellExponent: cellExponent, &buffers, &lowering))
        }
        parameters.gates = (gates[0], gates[1], gates[2], gates[3])
        parameters.couples_gates = lowering.optionalInput(layout.weights[0]) == nil ? 1 : 0
        parameters.cell_bits = Int32(15 + cellExponent)
        parameters.hidden_factor = ck_factor(Float(0x1p-15 / Double(before.scale) * 0x1p-15))
        parameters.hidden_zero_point = before.zeroPoint
        parameters.output_zero_point = state.zeroPoint
        parameters.projection = buffers.part(lowering.optionalInput(layout.projection))
        if let projection = lowering.optionalInput(layout.projection) {
            parameters.projection_factor = ck_factor(try projection.affineScale().scale * before.scale / state.scale)
            parameters.projection_bias = try lowering.effectiveBias(
                projection, zeroPoint: before.zeroPoint, bias: lowering.optionalInput(layout.projectionBias))
        }
        parameters.cell_clip = clipped(cellClip, by: try cell.affineScale().scale, 32767)
        parameters.projection_clip = clipped(projectionClip, by: state.scale, 127)
        parameters.work = buffers.part(lowering.addScratch(saturatingProduct(batch, 10, parameters.cells)))
        let cost = saturatingProduct(steps, 4, parameters.cells, parameters.inputs + parameters.outputs)
        lowering.multiplyAdds = saturatingProduct(batch, cost)
        try lowering.emit(
            lowering.kernel(.integerLSTM, "int8"), parameters, operands: buffers.operands, units: batch, cost: cost)
    }

    private func gate(
        _ gate: Int, _ layout: Layout, from: AffineScale, state: AffineScale, cellExponent: Int,
        _ buffers: inout BufferList, _ lowering: inout Lowering
    ) throws(RuntimeError) -> ck_integer_gate {
        let none = BufferList.none
        var result = ck_integer_gate()
        (result.weights, result.recurrent, result.peephole, result.normalization) = (none, none, none, none)
        guard let weights = lowering.optionalInput(layout.weights[gate]),
            let recurrent = lowering.optionalInput(layout.recurrent[gate])
        else { return result }
        let factors = lowering.optionalInput(layout.normalization[gate])
        // What goes into an activation is Q3.12.
        let target = factors == nil ? 0x1p-12 : try intermediate(gate, at: lowering.location)?.scale ?? 0x1p-12
        let bias = lowering.optionalInput(layout.biases[gate])
        guard weights.type == .int8, recurrent.type == .int8, bias?.type ?? .int32 == .int32 else {
            throw lowering.unsupportedTypes()
        }
        result.weights = buffers.part(weights)
        result.recurrent = buffers.part(recurrent)
        result.weight_factor = ck_factor(try weights.affineScale().scale * from.scale / target)
        result.recurrent_factor = ck_factor(try recurrent.affineScale().scale * state.scale / target)
        result.bias = try lowering.effectiveBias(
            weights, zeroPoint: from.zeroPoint, bias: factors == nil ? bias : nil)
        result.recurrent_bias = try lowering.effectiveBias(recurrent, zeroPoint: state.zeroPoint, bias: nil)
        let place = [0: 0, 1: 1, 3: 2][gate]
        if let place, let peephole = lowering.optionalInput(layout.peepholes[place]) {
            guard peephole.type == .int16 else { throw lowering.unsupportedTypes() }
            result.peephole = buffers.part(peephole)
            let cellScale = Double(sign: .plus, exponent: cellExponent, significand: 1)
            result.peephole_factor = ck_factor(
                Float(cellScale * Double(try peephole.affineScale().scale) / Double(target)))
        }
        if let factors {
            guard factors.type == .int16 else { throw lowering.unsupportedTypes() }
            let scale = try factors.affineScale().scale
            result.normalization = buffers.part(factors)
            // The normalized gate is in steps of 2^-10, and becomes Q3.12.
            var factor = QuantizedMultiplier(Double(scale))
            factor = QuantizedMultiplier(multiplier: factor.multiplier, exponent: factor.left - factor.right + 12)
            result.normalization_factor = ck_factor(factor)
            result.least_variance = max(1, Int32(max(0, min(10000 * scale, 0x1p30))))
            if let bias {
                let values: [Int32] = try lowering.known(bias).elements()
                result.normalized_bias = UnsafePointer(try lowering.storage.array(values))
            }
        }
        return result
    }

    private func intermediate(_ index: Int, at location: String) throws(RuntimeError) -> AffineScale? {
        guard intermediates.indices.contains(index), let quantization = intermediates[index],
            quantization.scales.count == 1, quantization.zeroPoints.count == 1
        else { return nil }
        try Tensor.check(quantization, in: .int8, at: location)
        return AffineScale(scale: quantization.scale, zeroPoint: Int32(quantization.zeroPoint))
    }

    /// The cell's scale as a power of two.
    private func exponent(of cell: Tensor) throws(RuntimeError) -> Int {
        let scale = try cell.affineScale().scale
        let exponent = Int(log2(scale).rounded())
        guard abs(log2(scale) - Float(exponent)) < 1e-3 else {
            throw RuntimeError(
                .invalidModel, "the scale \(scale) of an integer LSTM's cell is no power of two", at: cell.description)
        }
        return exponent
    }

    private func clipped(_ limit: Float, by scale: Float, _ most: Float) -> Int32 {
        limit > 0 ? Int32(max(0, min(limit / scale, most))) : 0
    }
}

extension ck_factor {
    init(_ factor: QuantizedMultiplier) {
        self.init(multiplier: factor.multiplier, left: factor.left, right: min(factor.right, 31))
    }

    init(_ factor: Float) { self.init(QuantizedMultiplier(Double(factor))) }
}

extension Lowering {
    /// The bytes of a constant tensor.
    fileprivate func known(_ tensor: Tensor) throws(RuntimeError) -> TensorData {
        guard let data = tensor.constant else {
            throw RuntimeError(
                .unsupportedOperator, "computed weights of an integer LSTM are not supported", at: location)
        }
        return data
    }

    /// For each row of weights, its bias less the row's sum times the zero point of what it meets.
    fileprivate func effectiveBias(
        _ weights: Tensor, zeroPoint: Int32, bias: Tensor?
    ) throws(RuntimeError) -> UnsafePointer<Int32> {
        let values: [Int8] = try known(weights).elements()
        var biases: [Int32] = []
        if let bias { biases = try known(bias).elements() }
        let (rows, columns) = (weights.sizes[0], weights.sizes[1])
        var result = Array(repeating: Int32(0), count: rows)
        for row in 0..<rows {
            let sum = values[row * columns..<(row + 1) * columns].reduce(Int32(0)) { $0 &+ Int32($1) }
            result[row] = (row < biases.count ? biases[row] : 0) &- sum &* zeroPoint
        }
        return UnsafePointer(try storage.array(result))
    }

    /// A state that the kernel changes: itself if it lasts from run to run, otherwise a copy.
    fileprivate mutating func changeable(
        _ tensor: Tensor, elementSize: Int, _ buffers: inout BufferList
    ) throws(RuntimeError) -> ck_part {
        if tensor.isState { return buffers.part(tensor) }
        let copy = addScratch(tensor.byteCount)
        try emitMove(
            elementSize: elementSize, sizes: [tensor.count], from: (.value(tensor.id), 0, [1]), to: (copy, 0, [1]))
        return buffers.part(copy)
    }
}
