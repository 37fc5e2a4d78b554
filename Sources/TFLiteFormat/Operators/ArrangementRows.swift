import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators that cut, repeat and rearrange.
    static let arrangement: [TFLiteOperator] = [
        TFLiteOperator(
            "SLICE", "SliceOptions", Slice.self,
            decode: { _, _ in Slice(endsAreSizes: true) },
            encode: { operation, facts, _ in operation.endsAreSizes && facts.inputs.count == 3 },
            version: { _, facts in
                if facts.inputType(0) == .uint32 { return 6 }
                if facts.inputRank(0) > 4 { return 5 }
                switch facts.inputType(0) {
                case .int16: return 4
                case .string: return 3
                case .int8: return 2
                default: return 1
                }
            }),
        TFLiteOperator(
            "SPLIT", "SplitOptions", Split.self,
            decode: { options, facts in
                options.integer("num_splits") == facts.outputs.count
                    ? Split(.leadingAxis, count: facts.outputs.count) : nil
            },
            encode: { operation, facts, draft in
                draft.set("num_splits", operation.count)
                return operation.form == .leadingAxis && operation.count == facts.outputs.count
            },
            version: { _, facts in
                switch facts.inputType(1) {
                case .int16: 4
                case .int32: 3
                case .int8: 2
                default: 1
                }
            }),
        TFLiteOperator(
            "SPLIT_V", "SplitVOptions", Split.self,
            decode: { options, facts in
                options.integer("num_splits") == facts.outputs.count
                    ? Split(.trailingAxis, count: facts.outputs.count) : nil
            },
            encode: { operation, facts, draft in
                draft.set("num_splits", operation.count)
                return operation.form == .trailingAxis && operation.count == facts.outputs.count
            },
            version: { _, facts in facts.inputType(0) == .int8 ? 2 : 1 }),
        TFLiteOperator(
            "UNPACK", "UnpackOptions", Unpack.self,
            decode: { options, facts in
                options.integer("num") == facts.outputs.count
                    ? Unpack(axis: options.integer("axis"), count: facts.outputs.count) : nil
            },
            encode: { operation, facts, draft in
                draft.set("num", operation.count)
                draft.set("axis", operation.axis)
                return operation.count == facts.outputs.count && Int32(exactly: operation.axis) != nil
            },
            version: { _, facts in
                switch facts.inputType(0) {
                case .int16: 4
                case .bool: 3
                case .int8, .uint8: 2
                default: 1
                }
            }),
        TFLiteOperator(
            "TILE", "TileOptions", Tile.self, decode: { _, _ in Tile() }, encode: { _, _, _ in true },
            version: { _, facts in facts.inputType(0) == .string ? 2 : 1 }),
        TFLiteOperator(
            "BROADCAST_TO", "BroadcastToOptions", Expand.self,
            decode: { _, facts in
                // The shape has all axes of the result.
                let rank = facts.inputShape(1)?.sizes?.first
                return rank.map { $0 < facts.inputRank(0) } == true ? nil : Expand()
            },
            encode: { _, _, _ in true },
            version: { _, facts in facts.inputType(0) == .int8 || facts.inputType(0) == .int16 ? 3 : 2 }),
        TFLiteOperator(
            "FILL", "FillOptions", Fill.self, decode: { _, _ in Fill() }, encode: { _, _, _ in true },
            version: { _, facts in
                switch facts.inputType(1) {
                case .float16: 4
                case .int8, .int16: 3
                case .bool, .string: 2
                default: 1
                }
            }),
        TFLiteOperator(
            "RANGE", "RangeOptions", NumberRange.self, decode: { _, _ in NumberRange() }, encode: { _, _, _ in true },
            version: { _, facts in facts.inputType(0) == .int64 ? 2 : 1 }),
        TFLiteOperator(
            "RANK", "RankOptions", RankOf.self, decode: { _, _ in RankOf() }, encode: { _, _, _ in true }),
        TFLiteOperator(
            "SPACE_TO_DEPTH", "SpaceToDepthOptions", SpaceToDepth.self,
            decode: { options, _ in SpaceToDepth(block: options.integer("block_size"), layout: .channelsLast) },
            encode: { operation, _, draft in
                draft.set("block_size", operation.block)
                return operation.layout == .channelsLast && operation.order == .pixelsFirst
                    && Int32(exactly: operation.block) != nil
            },
            version: { _, facts in facts.inputType(0) == .int8 ? 2 : 1 }),
        TFLiteOperator(
            "DEPTH_TO_SPACE", "DepthToSpaceOptions", DepthToSpace.self,
            decode: { options, _ in DepthToSpace(block: options.integer("block_size"), layout: .channelsLast) },
            encode: { operation, _, draft in
                draft.set("block_size", operation.block)
                return operation.layout == .channelsLast && operation.order == .pixelsFirst
                    && Int32(exactly: operation.block) != nil
            }),
        TFLiteOperator(
            "SPACE_TO_BATCH_ND", "SpaceToBatchNDOptions", SpaceToBatch.self,
            decode: { _, _ in SpaceToBatch() }, encode: { _, _, _ in true },
            version: { _, facts in facts.inputRank(0) != 4 ? 3 : facts.inputType(0) == .int8 ? 2 : 1 }),
        TFLiteOperator(
            "BATCH_TO_SPACE_ND", "BatchToSpaceNDOptions", BatchToSpace.self,
            decode: { _, _ in BatchToSpace() }, encode: { _, _, _ in true },
            version: { _, facts in facts.inputRank(0) != 4 ? 3 : facts.inputType(0) == .int8 ? 2 : 1 }),
        TFLiteOperator(
            "MATRIX_DIAG", "MatrixDiagOptions", MatrixDiagonal.self,
            decode: { _, _ in MatrixDiagonal() }, encode: { _, _, _ in true }),
        TFLiteOperator(
            "MATRIX_SET_DIAG", "MatrixSetDiagOptions", MatrixSetDiagonal.self,
            decode: { _, _ in MatrixSetDiagonal() }, encode: { _, _, _ in true }),
        TFLiteOperator(
            "MIRROR_PAD", "MirrorPadOptions", GeneralPad.self,
            decode: { options, _ in
                switch options.integer("mode") {
                case 0: GeneralPad(.reflect, order: .pairs)
                case 1: GeneralPad(.symmetric, order: .pairs)
                default: nil
                }
            },
            encode: { operation, facts, draft in
                draft.set("mode", operation.mode == .symmetric ? 1 : 0)
                return operation.order == .pairs && facts.inputs.count == 2
                    && [.reflect, .symmetric].contains(operation.mode)
            },
            version: { _, facts in facts.inputType(0) == .int16 ? 3 : facts.inputType(0) == .int8 ? 2 : 1 }),
        TFLiteOperator(
            "DENSIFY", "DensifyOptions", Densify.self, decode: { _, _ in Densify() }, encode: { _, _, _ in true }),
    ]
}
