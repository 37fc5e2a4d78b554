import CKernels
import ModelGraph
import Operators

extension Unary: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.isQuantized else { return try lowerPlain(into: &lowering) }
        if x.type == .int8 || x.type == .uint8, lowering.numerics == .onnxruntime {
            guard y.type == .int8 || y.type == .uint8 else { throw lowering.unsupportedTypes() }
            let operation = Int32(bitPattern: code.rawValue)
            let (from, to) = (try x.affineScale(), try y.affineScale())
            return try lowering.emitTable(lowering.table(x, from, y, to) { ck_unary_value(operation, $0) })
        }
        try lowerQuantized(into: &lowering)
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
}
