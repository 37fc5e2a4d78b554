import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators on one tensor, element by element, and softmax.
    static let activations: [TFLiteOperator] =
        [
            unary("RELU", nil, .relu, int8: 2, uint8: 2, int16: 3),
            unary("RELU6", nil, .relu6, int8: 2, int16: 3),
            unary("RELU_N1_TO_1", nil, .reluN1To1),
            unary("RELU_0_TO_1", nil, .relu0To1),
            unary("LOGISTIC", nil, .logistic, int8: 2, int16: 3),
            unary("TANH", nil, .tanh, int8: 2, int16: 3),
            unary("HARD_SWISH", "HardSwishOptions", .hardSwish),
            unary("ELU", nil, .elu),
            gelu,
            TFLiteOperator(
                "ABS", "AbsOptions", Unary.self,
                decode: { _, _ in Unary(.abs) },
                encode: { operation, _, _ in operation.kind == .abs },
                version: { _, facts in
                    switch facts.inputType(0) {
                    case .int32: 5
                    case .int16: facts.inputs.first??.quantization == nil ? 4 : 3
                    case .int8, .uint8: 2
                    default: 1
                    }
                }),
            unary("NEG", "NegOptions", .negate),
            unary("EXP", "ExpOptions", .exp, int8: 2, int16: 2),
            unary("LOG", nil, .log, int8: 2, int16: 2),
            unary("SQRT", nil, .sqrt, int8: 2, int16: 2),
            unary("RSQRT", nil, .rsqrt, int8: 2, int16: 3),
            unary("SQUARE", "SquareOptions", .square),
            unary("SIN", nil, .sin, float16: 2),
            unary("COS", "CosOptions", .cos, float16: 2),
            unary("FLOOR", nil, .floor),
            unary("CEIL", nil, .ceil),
            unary("ROUND", nil, .round),
            TFLiteOperator(
                "SOFTMAX", "SoftmaxOptions", Softmax.self,
                decode: { options, _ in Softmax(beta: options.real("beta"), axis: -1) },
                encode: { operation, facts, draft in
                    draft.set("beta", operation.beta)
                    return operation.axis == -1 || facts.inputRank(0) == operation.axis + 1
                },
                version: { _, facts in
                    switch facts.inputType(0) {
                    case .float16: 4
                    case .int16: 3
                    case .int8: 2
                    default: 1
                    }
                }),
        ]

    private static func unary(
        _ builtin: String, _ options: String?, _ kind: Unary.Kind, int8: Int = 1, uint8: Int = 1, int16: Int = 1,
        float16: Int = 1
    ) -> TFLiteOperator {
        TFLiteOperator(
            builtin, options, Unary.self,
            decode: { _, _ in Unary(kind) },
            encode: { operation, _, _ in operation.kind == kind },
            version: { _, facts in
                switch facts.inputType(0) {
                case .int8: int8
                case .uint8: uint8
                case .int16: int16
                case .float16: float16
                default: 1
                }
            })
    }
}
