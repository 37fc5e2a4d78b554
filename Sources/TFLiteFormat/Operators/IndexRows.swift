import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators that move what indices name.
    static let indexing: [TFLiteOperator] = [
        TFLiteOperator(
            "GATHER", "GatherOptions", Gather.self,
            decode: { options, _ in
                Gather(
                    axis: options.integer("axis"), batchDimensions: options.integer("batch_dims"), wrapsNegatives: false
                )
            },
            encode: { operation, _, draft in
                draft.set("axis", operation.axis)
                draft.set("batch_dims", operation.batchDimensions)
                return !operation.wrapsNegatives && Int32(exactly: operation.axis) != nil
                    && Int32(exactly: operation.batchDimensions) != nil
            },
            version: { operation, facts in
                if facts.inputType(1) == .int16 { return 6 }
                if operation.batchDimensions != 0 { return 5 }
                switch facts.inputType(0) {
                case .int4: return 7
                case .int16: return 4
                case .bool: return 3
                case .int8: return 2
                default: return 1
                }
            }),
        TFLiteOperator(
            "GATHER_ND", "GatherNdOptions", GatherND.self,
            decode: { _, _ in GatherND(wrapsNegatives: false) },
            encode: { operation, _, _ in operation == GatherND(wrapsNegatives: false) },
            version: { _, facts in
                if facts.inputType(1) == .int16 { return 5 }
                switch facts.inputType(0) {
                case .bool: return 4
                case .int16: return 3
                case .string: return 2
                default: return 1
                }
            }),
        TFLiteOperator(
            "SCATTER_ND", "ScatterNdOptions", ScatterND.self,
            decode: { _, _ in ScatterND(reduction: .add, startsFromZeros: true) },
            encode: { operation, _, _ in operation == ScatterND(reduction: .add, startsFromZeros: true) }),
        TFLiteOperator(
            "EMBEDDING_LOOKUP", nil, EmbeddingLookup.self,
            decode: { _, _ in EmbeddingLookup() }, encode: { _, _, _ in true },
            version: { _, facts in
                switch facts.inputType(1) {
                case .int4: 4
                case .int8: facts.isPerChannel(1) ? 4 : 3
                case .uint8: 2
                default: 1
                }
            }),
        TFLiteOperator(
            "DYNAMIC_UPDATE_SLICE", "DynamicUpdateSliceOptions", DynamicUpdateSlice.self,
            decode: { _, _ in DynamicUpdateSlice() }, encode: { _, _, _ in true },
            version: { _, facts in facts.inputType(2) == .int64 ? 2 : 1 }),
        TFLiteOperator(
            "ONE_HOT", "OneHotOptions", OneHot.self,
            decode: { options, facts in facts.inputs.count == 4 ? OneHot(axis: options.integer("axis")) : nil },
            encode: { operation, facts, draft in
                draft.set("axis", operation.axis)
                return facts.inputs.count == 4 && Int32(exactly: operation.axis) != nil
            }),
        TFLiteOperator(
            "REVERSE_SEQUENCE", "ReverseSequenceOptions", ReverseSequence.self,
            decode: { options, _ in
                ReverseSequence(stepAxis: options.integer("seq_dim"), batchAxis: options.integer("batch_dim"))
            },
            encode: { operation, _, draft in
                draft.set("seq_dim", operation.stepAxis)
                draft.set("batch_dim", operation.batchAxis)
                return Int32(exactly: operation.stepAxis) != nil && Int32(exactly: operation.batchAxis) != nil
            }),
        TFLiteOperator(
            "REVERSE_V2", "ReverseV2Options", Reverse.self, decode: { _, _ in Reverse() }, encode: { _, _, _ in true },
            version: { _, facts in facts.inputType(0) == .int8 ? 3 : facts.inputType(0) == .bool ? 2 : 1 }),
        TFLiteOperator(
            "WHERE", "WhereOptions", NonZero.self,
            decode: { _, _ in NonZero(isRowPerElement: true) },
            encode: { operation, _, _ in operation.isRowPerElement },
            version: { _, facts in facts.inputType(0) == .bool ? 1 : 2 }),
        TFLiteOperator(
            "UNIQUE", "UniqueOptions", Unique.self,
            decode: { options, _ in
                guard let type = TFLiteNames.elementType(options.integer("idx_out_type")) else { return nil }
                return Unique(isSorted: false, givesInverseOnly: true, indexType: type)
            },
            encode: { operation, _, draft in
                guard let code = TFLiteNames.code(of: operation.indexType) else { return false }
                draft.set("idx_out_type", code)
                return !operation.isSorted && operation.givesInverseOnly && operation.axis == nil
            }),
    ]
}
