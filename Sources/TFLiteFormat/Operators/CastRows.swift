import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators from one type of elements to another. The tensors tell the types; options of a file may be left out.
    static let casts: [TFLiteOperator] = [
        TFLiteOperator(
            "CAST", "CastOptions", Cast.self,
            decode: { _, facts in
                guard let type = facts.outputType(0), type.bitWidth != nil else { return nil }
                return Cast(to: type, narrowing: narrowing)
            },
            encode: { operation, facts, draft in
                guard operation.narrowing == narrowing, let from = facts.inputType(0).flatMap(TFLiteNames.code),
                    let to = TFLiteNames.code(of: operation.type)
                else { return false }
                draft.set("in_data_type", from)
                draft.set("out_data_type", to)
                return true
            },
            version: { operation, facts in
                let types = [facts.inputType(0), operation.type]
                if types.contains(.int2) || types.contains(.uint4) { return 8 }
                if types.contains(.bfloat16) { return 7 }
                if types.contains(.int4) { return 6 }
                if types.contains(.float64) { return 5 }
                if types.contains(.float16) { return 4 }
                if types.contains(.uint16) { return 3 }
                return types.contains(.int8) ? 2 : 1
            }),
        TFLiteOperator(
            "BITCAST", "BitcastOptions", BitCast.self,
            decode: { _, facts in
                guard let type = facts.outputType(0), type.bitWidth != nil else { return nil }
                return BitCast(to: type)
            },
            encode: { _, _, _ in true }),
    ]

    private static let narrowing = Narrowing(saturatesIntegers: true)
}
