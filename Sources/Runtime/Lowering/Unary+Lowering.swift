import CKernels
import ModelGraph
import Operators

extension Unary: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        if x.type == .int8 || x.type == .uint8, lowering.numerics == .onnxruntime {
            guard y.type == .int8 || y.type == .uint8 else { throw lowering.unsupportedTypes() }
            let operation = Int32(bitPattern: code.rawValue)
            let (from, to) = (try x.affineScale(), try y.affineScale())
            return try lowering.emitTable(lowering.table(x, from, y, to) { ck_unary_value(operation, $0) })
        }
        if x.isQuantized { return try lowerQuantized(into: &lowering) }
        var parameters = ck_unary()
        parameters.operation = Int32(bitPattern: code.rawValue)
        parameters.count = y.count
        guard x.type == y.type, x.type == .float32 else { throw lowering.unsupportedTypes() }
        lowering.overwritableInputs = [0]
        try lowering.emitChunks(
            lowering.kernel(.unary, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            count: y.count, cost: 8)
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
        }
    }
}
