import ModelGraph
import Operators

extension TFLiteOperators {
    /// Comparisons, logic, choices, and operators along an axis.
    static let math: [TFLiteOperator] = [
        comparison("EQUAL", "EqualOptions", .equal),
        comparison("NOT_EQUAL", "NotEqualOptions", .notEqual),
        comparison("LESS", "LessOptions", .less),
        comparison("LESS_EQUAL", "LessEqualOptions", .lessOrEqual),
        comparison("GREATER", "GreaterOptions", .greater),
        comparison("GREATER_EQUAL", "GreaterEqualOptions", .greaterOrEqual),
        pair("LOGICAL_AND", "LogicalAndOptions", .and) { $0 == .bool },
        pair("LOGICAL_OR", "LogicalOrOptions", .or) { $0 == .bool },
        pair("BITWISE_XOR", "BitwiseXorOptions", .exclusiveOr) { _ in true },
        pair("RIGHT_SHIFT", "RightShiftOptions", .shiftRight) { _ in true },
        pair("ATAN2", "ATan2Options", .arcTangent) { _ in true },
        pair("PRELU", nil, .leakyRelu) { _ in true },
        function("LOGICAL_NOT", "LogicalNotOptions", .not),
        function("SIGN", "SignOptions", .sign) { $0.inputType(0) == .int32 ? 2 : 1 },
        TFLiteOperator(
            "LEAKY_RELU", "LeakyReluOptions", ParametricUnary.self,
            decode: { options, _ in ParametricUnary(.leakyRelu, alpha: options.real("alpha")) },
            encode: { operation, _, draft in
                draft.set("alpha", operation.alpha)
                return operation.kind == .leakyRelu
            },
            version: { _, facts in [.int8, .int16].contains(facts.inputType(0)) ? 2 : 1 }),
        TFLiteOperator(
            "LOG_SOFTMAX", "LogSoftmaxOptions", LogSoftmax.self,
            decode: { _, _ in LogSoftmax() },
            encode: { operation, facts, _ in
                !operation.includesInnerAxes && (operation.axis == -1 || facts.inputRank(0) == operation.axis + 1)
            },
            version: { _, facts in facts.inputType(0) == .int8 ? 2 : 1 }),
        TFLiteOperator(
            "SELECT", "SelectOptions", Select.self,
            decode: { _, _ in Select(selectsRows: true) },
            encode: { operation, _, _ in operation.selectsRows },
            version: { _, facts in facts.inputRank(1) > 4 ? 3 : facts.inputType(1) == .int8 ? 2 : 1 }),
        TFLiteOperator(
            "SELECT_V2", "SelectV2Options", Select.self,
            decode: { _, _ in Select() },
            encode: { operation, _, _ in !operation.selectsRows },
            version: { _, facts in facts.inputType(1) == .uint32 ? 2 : 1 }),
        argExtremum("ARG_MAX", "ArgMaxOptions", .maximum),
        argExtremum("ARG_MIN", "ArgMinOptions", .minimum),
        TFLiteOperator(
            "TOPK_V2", "TopKV2Options", TopK.self,
            decode: { _, facts in TopK(type: facts.outputType(1) ?? .int32) },
            encode: { operation, _, _ in operation.axis == -1 && !operation.selectsSmallest },
            version: { operation, facts in
                operation.type == .int16 || facts.inputType(1) == .int16 ? 3 : facts.inputType(0) == .int8 ? 2 : 1
            }),
        TFLiteOperator(
            "CUMSUM", "CumsumOptions", Cumulative.self,
            decode: { options, _ in
                Cumulative(.sum, isExclusive: options.flag("exclusive"), isReversed: options.flag("reverse"))
            },
            encode: { operation, _, draft in
                draft.set("exclusive", operation.isExclusive)
                draft.set("reverse", operation.isReversed)
                return operation.kind == .sum
            }),
        TFLiteOperator(
            "ADD_N", "AddNOptions", Variadic.self,
            decode: { _, _ in Variadic(.sum) }, encode: { operation, _, _ in operation.kind == .sum }),
    ]

    private static func comparison(_ builtin: String, _ options: String, _ kind: Comparison.Kind) -> TFLiteOperator {
        TFLiteOperator(
            builtin, options, Comparison.self,
            decode: { _, _ in Comparison(kind) },
            encode: { operation, _, _ in operation.kind == kind },
            version: { _, facts in
                switch facts.inputType(0) {
                case .int16: kind == .equal || kind == .notEqual ? 4 : 3
                case .string: 3
                case .int8: 2
                default: 1
                }
            })
    }

    private static func pair(
        _ builtin: String, _ options: String?, _ kind: Binary.Kind,
        when accepts: @escaping @Sendable (ElementType?) -> Bool
    ) -> TFLiteOperator {
        TFLiteOperator(
            builtin, options, Binary.self,
            decode: { _, _ in Binary(kind) },
            encode: { operation, facts, _ in
                operation == Binary(kind) && accepts(facts.inputType(0))
            })
    }

    private static func function(
        _ builtin: String, _ options: String?, _ kind: Unary.Kind,
        version: @escaping @Sendable (OperandFacts) -> Int = { _ in 1 }
    ) -> TFLiteOperator {
        TFLiteOperator(
            builtin, options, Unary.self,
            decode: { _, _ in Unary(kind) }, encode: { operation, _, _ in operation.kind == kind },
            version: { _, facts in version(facts) })
    }

    private static func argExtremum(_ builtin: String, _ options: String, _ kind: ArgExtremum.Kind) -> TFLiteOperator {
        TFLiteOperator(
            builtin, options, ArgExtremum.self,
            decode: { _, facts in ArgExtremum(kind, axis: nil, type: facts.outputType(0) ?? .int64) },
            encode: { operation, _, draft in
                guard operation.kind == kind, operation.axis == nil, !operation.keepsDimensions, !operation.selectsLast,
                    let type = TFLiteNames.code(of: operation.type)
                else { return false }
                draft.set("output_type", type)
                return true
            },
            version: { _, facts in
                switch facts.inputType(0) {
                case .bool: 3
                case .int8: 2
                default: 1
                }
            })
    }
}
