import CKernels
import ModelGraph
import Operators

extension Unary: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard !x.holdsPlainNumbers else { return try lowerPlain(into: &lowering) }
        if x.type == .int8 || x.type == .uint8, lowering.numerics == .onnxruntime {
            guard y.type == .int8 || y.type == .uint8 else { throw lowering.unsupportedTypes() }
            let operation = Int32(bitPattern: code.rawValue)
            let (from, to) = (try x.affineScale(), try y.affineScale())
            return try lowering.emitTable(lowering.table(x, from, y, to) { ck_unary_value(operation, $0) })
        }
        var parameters = ck_unary()
        parameters.operation = Int32(bitPattern: code.rawValue)
        parameters.count = y.count
        guard x.type == y.type, x.type == .int8 else { throw lowering.unsupportedTypes() }
        let table = try table(from: try x.affineScale(), to: try y.affineScale(), lowering: lowering)
        withUnsafeMutableBytes(of: &parameters.table) { $0.copyBytes(from: table.map(UInt8.init(bitPattern:))) }
        lowering.overwritableInputs = [0]
        try lowering.emitChunks(
            lowering.kernel(.unary, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            count: y.count)
    }

    var code: ck_unary_operator {
        switch kind {
        case .relu: CK_RELU
        case .relu6: CK_RELU6
        case .reluN1To1: CK_RELU_N1_TO_1
        case .relu0To1: CK_RELU_0_TO_1
        case .logistic: CK_LOGISTIC
        case .tanh: CK_TANH
        case .hardSwish: CK_HARD_SWISH
        case .elu: CK_ELU
        case .abs: CK_ABS
        case .negate: CK_NEGATE
        case .exp: CK_EXP
        case .log: CK_LOG
        case .sqrt: CK_SQRT
        case .rsqrt: CK_RSQRT
        case .square: CK_SQUARE
        case .sin: CK_SIN
        case .cos: CK_COS
        case .floor: CK_FLOOR
        case .ceil: CK_CEIL
        case .round: CK_ROUND
        case .tan: CK_TAN
        case .arcSine: CK_ASIN
        case .arcCosine: CK_ACOS
        case .arcTangent: CK_ATAN
        case .hyperbolicSine: CK_SINH
        case .hyperbolicCosine: CK_COSH
        case .areaSine: CK_ASINH
        case .areaCosine: CK_ACOSH
        case .areaTangent: CK_ATANH
        case .errorFunction: CK_ERF
        case .reciprocal: CK_RECIPROCAL
        case .sign: CK_SIGN
        case .softplus: CK_SOFTPLUS
        case .softsign: CK_SOFTSIGN
        case .mish: CK_MISH
        case .not: CK_NOT
        }
    }

    /// The result of each of the 256 inputs, by the rule that LiteRT's reference kernel has for the operator.
    private func table(
        from x: AffineScale, to y: AffineScale, lowering: Lowering
    ) throws(RuntimeError) -> [Int8] {
        switch kind {
        case .relu: requantized(x, y, lower: 0, upper: nil)
        case .relu6: requantized(x, y, lower: 0, upper: 6)
        case .reluN1To1: requantized(x, y, lower: -1, upper: 1)
        case .relu0To1: requantized(x, y, lower: 0, upper: 1)
        case .hardSwish: try hardSwish(x, y, lowering: lowering)
        case .logistic, .tanh, .elu, .exp, .log: evaluated(x, y)
        default: throw lowering.unsupportedTypes()
        }
    }

    /// A clamp between two real numbers, on the way from one scale to the other.
    private func requantized(_ x: AffineScale, _ y: AffineScale, lower: Float, upper: Float?) -> [Int8] {
        let factor = QuantizedMultiplier(Double(x.scale / y.scale))
        func bound(_ value: Float) -> Int32 {
            y.zeroPoint + Int32(max(-65536, min(65536, (value / y.scale).rounded(.toNearestOrAwayFromZero))))
        }
        let low = max(-128, bound(lower))
        let high = upper.map { min(127, bound($0)) } ?? 127
        return (-128...127).map { (q: Int32) in
            let value = y.zeroPoint &+ ck_requantize(q - x.zeroPoint, factor.multiplier, factor.left, factor.right)
            return Int8(truncatingIfNeeded: min(high, max(low, value)))
        }
    }

    /// round(f(real x) · (1 / scale)) + zero point, in single precision.
    private func evaluated(_ x: AffineScale, _ y: AffineScale) -> [Int8] {
        let inverse = 1 / y.scale
        return (-128...127).map { (q: Int32) in
            let value = ck_unary_value(Int32(bitPattern: code.rawValue), x.scale * Float(q - x.zeroPoint))
            let rounded = (value * inverse).rounded(.toNearestOrAwayFromZero) + Float(y.zeroPoint)
            guard rounded > -128 else { return -128 }
            return rounded > 127 ? 127 : Int8(rounded)
        }
    }

    private func hardSwish(_ x: AffineScale, _ y: AffineScale, lowering: Lowering) throws(RuntimeError) -> [Int8] {
        // Inputs are taken 7 bits finer; 3 of the gate's scale is 2¹⁵.
        let fine = Float(1.0 / 128) * x.scale
        let output = HalfMultiplier(Double(fine / y.scale))
        let gate = HalfMultiplier(Double(fine / (3 / 32768)))
        guard output.exponent <= 0, output.exponent >= -31, (-31...31).contains(gate.exponent) else {
            throw RuntimeError(
                .unsupportedOperator, "scales of \(x.scale) and \(y.scale) are too far apart for a hard swish",
                at: lowering.location)
        }
        var parameters = ck_hard_swish(
            input_zero_point: x.zeroPoint, output_zero_point: y.zeroPoint, output_multiplier: output.multiplier,
            reluish_multiplier: gate.multiplier, output_exponent: output.exponent, reluish_exponent: gate.exponent)
        return [Int8](unsafeUninitializedCapacity: 256) { table, count in
            ck_hard_swish_table(&parameters, table.baseAddress)
            count = 256
        }
    }
}

/// A factor as 16 bits and an exponent.
private struct HalfMultiplier {
    var multiplier: Int16
    var exponent: Int32

    init(_ factor: Double) {
        let full = QuantizedMultiplier(factor)
        exponent = full.left - full.right
        // The last bit is the sign's: what would round up to 2¹⁵ is cut to 2¹⁵ − 1.
        multiplier = full.multiplier >= Int32.max - (1 << 15) ? Int16.max : Int16((full.multiplier + (1 << 15)) >> 16)
    }
}
