import ModelGraph
import Operators

extension TFLiteOperators {
    static let gelu = TFLiteOperator(
        "GELU", "GeluOptions", Gelu.self,
        decode: { options, _ in Gelu(options.integer("approximate") != 0 ? .tanh : .exact) },
        encode: { operation, facts, draft in
            guard facts.inputs.count == 1 else { return false }
            switch operation.kind {
            case .exact: draft.set("approximate", false)
            case .tanh: draft.set("approximate", true)
            case .logistic: return false
            }
            return true
        },
        version: { _, facts in facts.inputType(0) == .int8 || facts.inputType(0) == .uint8 ? 2 : 1 })
}
