import ModelGraph
import Operators

extension TFLiteOperators {
    /// Reductions over axes.
    static let reductions: [TFLiteOperator] = [
        reduce("MEAN", .mean, int8: 2, int16: 3),
        reduce("SUM", .sum, int8: 2),
        reduce("REDUCE_PROD", .product, int8: 2, int16: 2),
        reduce("REDUCE_MAX", .max, int8: 2, int16: 3),
        reduce("REDUCE_MIN", .min, int8: 2, int16: 3),
        reduce("REDUCE_ANY", .any, int8: 1),
        reduce("REDUCE_ALL", .all, int8: 1),
    ]

    private static func reduce(_ builtin: String, _ kind: Reduce.Kind, int8: Int, int16: Int = 1) -> TFLiteOperator {
        TFLiteOperator(
            builtin, "ReducerOptions", Reduce.self,
            decode: { options, _ in Reduce(kind, keepsDimensions: options.flag("keep_dims")) },
            encode: { operation, _, draft in
                draft.set("keep_dims", operation.keepsDimensions)
                return operation.kind == kind
            },
            version: { _, facts in
                switch facts.inputType(0) {
                case .int8: int8
                case .int16: int16
                default: 1
                }
            })
    }
}
