import CKernels
import ModelGraph
import Operators

// Source of the formulas: LiteRT's reference kernels, checked with Scripts/check-operators.

extension Lowering {
    /// Emits a kernel on two quantized operands that broadcast to the output.
    ///
    /// - Parameter parameters: all but the operation and the walk over the operands.
    mutating func emitQuantized(
        _ operation: ck_quantized_operator, _ a: Tensor, _ b: Tensor, _ parameters: ck_quantized_binary
    ) throws(RuntimeError) {
        let y = output
        guard a.type == b.type, a.type == y.type || y.type == .bool else { throw unsupportedTypes() }
        var parameters = parameters
        parameters.operation = Int32(bitPattern: operation.rawValue)
        parameters.count = y.count
        var runs = AxisRuns(
            sizes: y.sizes, strides: [Binary.broadcastStrides(a, to: y.sizes), Binary.broadcastStrides(b, to: y.sizes)])
        runs.chunk(by: Int(CK_CHUNK))
        try runs.requireRank(at: location)
        parameters.rank = runs.sizes.count
        parameters.sizes = axisTuple(runs.sizes)
        parameters.a_strides = axisTuple(runs.strides[0])
        parameters.b_strides = axisTuple(runs.strides[1])
        (parameters.inner, parameters.a_step, parameters.b_step) = (runs.inner, runs.steps[0], runs.steps[1])
        if y.type == a.type {
            for (index, input) in inputs.enumerated() where input?.count == y.count { overwritableInputs.append(index) }
        }
        try emit(
            kernel(.quantizedBinary, a.type.rawValue), parameters,
            operands: [.value(a.id), .value(b.id), .value(y.id)], units: runs.outerCount, cost: runs.inner * 4)
    }

    /// A comparison of two quantized tensors; the result is bool. Both are scaled by their own scale, 8 bits finer.
    mutating func emitQuantizedComparison(
        _ operation: ck_quantized_operator, _ a: Tensor, _ b: Tensor
    ) throws(RuntimeError) {
        let (left, right) = (try a.affineScale(), try b.affineScale())
        var parameters = ck_quantized_binary()
        parameters.a = ck_fixed_point(Double(left.scale), zeroPoint: left.zeroPoint)
        parameters.b = ck_fixed_point(Double(right.scale), zeroPoint: right.zeroPoint)
        try emitQuantized(operation, a, b, parameters)
    }

    /// A parametric ReLU: one factor above the zero point, another times the slope below.
    mutating func emitQuantizedPRelu(_ x: Tensor, slope: Tensor) throws(RuntimeError) {
        let (from, alpha, to) = (try x.affineScale(), try slope.affineScale(), try output.affineScale())
        var parameters = ck_quantized_binary()
        parameters.a = ck_fixed_point(Double(from.scale / to.scale), zeroPoint: from.zeroPoint)
        parameters.b = ck_fixed_point(Double(from.scale * alpha.scale / to.scale), zeroPoint: alpha.zeroPoint)
        parameters.y.zero_point = to.zeroPoint
        (parameters.minimum, parameters.maximum) = (output.integerRange.lowerBound, output.integerRange.upperBound)
        try emitQuantized(CK_QUANTIZED_PRELU, x, slope, parameters)
    }
}

extension Binary {
    /// The operator on quantized tensors as LiteRT computes it.
    func lowerQuantized(into lowering: inout Lowering) throws(RuntimeError) {
        if lowering.numerics == .xnnpack, try lowerXNNPACK(into: &lowering) { return }
        let (a, b, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        let (left, right, to) = (try a.affineScale(), try b.affineScale(), try y.affineScale())
        var parameters = ck_quantized_binary()
        (parameters.minimum, parameters.maximum) = try to.bounds(
            of: activation, in: y.integerRange, at: lowering.location)
        parameters.a.zero_point = left.zeroPoint
        parameters.b.zero_point = right.zeroPoint
        switch kind {
        case .add, .subtract:
            if let shifts = y.type == .int16 ? Binary.shifts(left, right, to) : nil {
                (parameters.a.right, parameters.b.right) = shifts
                try lowering.emitQuantized(
                    kind == .add ? CK_QUANTIZED_ADD_SHIFTED : CK_QUANTIZED_SUBTRACT_SHIFTED, a, b, parameters)
                return
            }
            parameters.shift = y.type == .int16 ? 15 : 20
            setCommonScale(&parameters, left, right)
            let common = 2 * Double(max(left.scale, right.scale))
            parameters.y = ck_fixed_point(
                common / Double(Float(1 << parameters.shift) * to.scale), zeroPoint: to.zeroPoint)
            try lowering.emitQuantized(kind == .add ? CK_QUANTIZED_ADD : CK_QUANTIZED_SUBTRACT, a, b, parameters)
        case .squaredDifference:
            parameters.shift = 7
            setCommonScale(&parameters, left, right)
            let common = 2 * Double(max(left.scale, right.scale))
            parameters.y = ck_fixed_point(
                common * common / Double(Float(1 << 14) * to.scale), zeroPoint: to.zeroPoint)
            try lowering.emitQuantized(CK_QUANTIZED_SQUARED_DIFFERENCE, a, b, parameters)
        case .multiply:
            parameters.y = ck_fixed_point(Double(left.scale * right.scale / to.scale), zeroPoint: to.zeroPoint)
            try lowering.emitQuantized(CK_QUANTIZED_MULTIPLY, a, b, parameters)
        case .divide:
            parameters.y = ck_fixed_point(Double(left.scale / (right.scale * to.scale)), zeroPoint: to.zeroPoint)
            try lowering.emitQuantized(CK_QUANTIZED_DIVIDE, a, b, parameters)
        case .maximum, .minimum:
            guard left == right, right == to else {
                throw RuntimeError(
                    .unsupportedOperator, "the operands and the result differ in scale or zero point",
                    at: lowering.location)
            }
            try lowering.emitQuantized(
                kind == .maximum ? CK_QUANTIZED_MAXIMUM : CK_QUANTIZED_MINIMUM, a, b, parameters)
        default:
            throw lowering.unsupportedTypes()
        }
    }

    /// Both operands on twice the larger scale.
    private func setCommonScale(_ parameters: inout ck_quantized_binary, _ a: AffineScale, _ b: AffineScale) {
        let common = 2 * Double(max(a.scale, b.scale))
        parameters.a = ck_fixed_point(Double(a.scale) / common, zeroPoint: a.zeroPoint)
        parameters.b = ck_fixed_point(Double(b.scale) / common, zeroPoint: b.zeroPoint)
    }

    /// How far each operand is shifted to the right where all scales are powers of two; nil for the general rule.
    private static func shifts(_ a: AffineScale, _ b: AffineScale, _ y: AffineScale) -> (Int32, Int32)? {
        func exponent(_ scale: AffineScale) -> Int? {
            scale.zeroPoint == 0 && scale.scale.significand == 1 ? Int(scale.scale.exponent) : nil
        }
        guard let a = exponent(a), let b = exponent(b), let y = exponent(y), a <= y, b <= y, a == y || b == y,
            y - a < 32, y - b < 32
        else { return nil }
        return (Int32(y - a), Int32(y - b))
    }
}
