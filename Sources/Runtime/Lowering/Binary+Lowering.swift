import CKernels
import ModelGraph
import Operators

extension Binary: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let a = try lowering.input(0)
        // The integers themselves are divided.
        guard a.isQuantized, kind != .floorDivide, kind != .floorModulo else { return try lowerPlain(into: &lowering) }
        let isByte = a.type == .int8 || a.type == .uint8
        if isByte, lowering.numerics == .onnxruntime { return try lowerBytes(into: &lowering) }
        if kind == .leakyRelu { return try lowering.emitQuantizedPRelu(a, slope: lowering.input(1)) }
        try lowerQuantized(into: &lowering)
    }

    /// The sums and products of MLAS (MlasQLinearAdd, MlasQLinearMul).
    ///
    /// - Source: MLAS's kernels for AVX2, checked against onnxruntime 1.31.1.
    private func lowerBytes(into lowering: inout Lowering) throws(RuntimeError) {
        let y = lowering.output
        var (a, b) = (try lowering.input(0), try lowering.input(1))
        // The operand that stands still while the other one runs is added first.
        let swaps = Binary.standsStill(a, in: y) && !Binary.standsStill(b, in: y)
        if swaps { (a, b) = (b, a) }
        guard a.type == b.type, a.type == y.type, kind == .add || kind == .multiply else {
            throw lowering.unsupportedTypes()
        }
        let isSigned = (a.type == .int8 || lowering.storesUnsigned) && !lowering.countsAsUnsigned
        func scale(_ tensor: Tensor) throws(RuntimeError) -> AffineScale {
            isSigned ? try tensor.signedScale() : try tensor.unsignedScale()
        }
        let (left, right, to) = (try scale(a), try scale(b), try scale(y))
        var parameters = ck_affine_binary()
        parameters.operation = Int32(bitPattern: code.rawValue)
        parameters.count = y.count
        (parameters.flip, parameters.base) = (a.unsignedFlip, isSigned ? 128 : 0)
        (parameters.a_zero_point, parameters.b_zero_point) = (left.zeroPoint, right.zeroPoint)
        if kind == .add {
            (parameters.a_factor, parameters.b_factor) = (left.scale / to.scale, right.scale / to.scale)
            // One of the products is fused into the sum of both.
            let second = parameters.b_factor * Float(right.zeroPoint)
            parameters.offset =
                Float(to.zeroPoint) - second.addingProduct(parameters.a_factor, Float(left.zeroPoint))
        } else {
            parameters.a_factor = left.scale * right.scale / to.scale
            parameters.offset = Float(to.zeroPoint)
        }
        var runs = AxisRuns(
            sizes: y.sizes, strides: [Binary.broadcastStrides(a, to: y.sizes), Binary.broadcastStrides(b, to: y.sizes)])
        runs.chunk(by: Int(CK_CHUNK))
        try runs.requireRank(at: lowering.location)
        parameters.rank = runs.sizes.count
        parameters.sizes = axisTuple(runs.sizes)
        parameters.a_strides = axisTuple(runs.strides[0])
        parameters.b_strides = axisTuple(runs.strides[1])
        (parameters.inner, parameters.a_step, parameters.b_step) = (runs.inner, runs.steps[0], runs.steps[1])
        if a.count == y.count { lowering.overwritableInputs.append(swaps ? 1 : 0) }
        if b.count == y.count { lowering.overwritableInputs.append(swaps ? 0 : 1) }
        try lowering.emit(
            lowering.kernel(.affineBinary, "bytes"), parameters,
            operands: [.value(a.id), .value(b.id), .value(y.id)], units: runs.outerCount, cost: runs.inner * 2)
        try clampBytes(y, into: &lowering)
    }

    /// What a fused activation, which operators of ONNX do not have, leaves of a result's bytes.
    private func clampBytes(_ y: Tensor, into lowering: inout Lowering) throws(RuntimeError) {
        let bounds = try y.affineScale().bounds(of: activation, in: y.byteRange, at: lowering.location)
        guard bounds.lower > y.byteRange.lowerBound || bounds.upper < y.byteRange.upperBound else { return }
        let table = (Int32(-128)...127).map { signed in
            let q = y.type == .uint8 && signed < 0 ? signed + 256 : signed
            return UInt8(truncatingIfNeeded: max(bounds.lower, min(bounds.upper, q)))
        }
        try lowering.emitTable(table, replacing: y)
    }

    /// Whether an operand is one element all along the innermost of the model's axes that is longer than 1.
    private static func standsStill(_ operand: Tensor, in y: Tensor) -> Bool {
        let rank = y.sizes.count
        let axes = y.isMoved ? ChannelOrder.toFirst(rank: rank) : Array(0..<rank)
        guard let innermost = axes.last(where: { y.sizes[$0] != 1 }) else { return false }
        let own = innermost - (rank - operand.sizes.count)
        return own < 0 || operand.sizes[own] == 1
    }

    var code: ck_binary_operator {
        switch kind {
        case .add: CK_ADD
        case .subtract: CK_SUBTRACT
        case .multiply: CK_MULTIPLY
        case .divide: CK_DIVIDE
        case .maximum: CK_MAXIMUM
        case .minimum: CK_MINIMUM
        case .power: CK_POWER
        case .squaredDifference: CK_SQUARED_DIFFERENCE
        case .floorDivide: CK_FLOOR_DIVIDE
        case .floorModulo: CK_FLOOR_MODULO
        case .remainder: CK_REMAINDER
        case .arcTangent: CK_ATAN2
        case .and: CK_AND
        case .or: CK_OR
        case .exclusiveOr: CK_EXCLUSIVE_OR
        case .shiftLeft: CK_SHIFT_LEFT
        case .shiftRight: CK_SHIFT_RIGHT
        case .leakyRelu: CK_PRELU
        }
    }

    /// Strides over the result's axes, 0 where the operand is repeated.
    static func broadcastStrides(_ operand: Tensor, to sizes: [Int]) -> [Int] {
        let missing = sizes.count - operand.sizes.count
        let strides = zip(operand.sizes, operand.strides).map { $0 == 1 ? 0 : $1 }
        return Array(repeating: 0, count: missing) + strides
    }
}
