import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators that move elements and compute nothing.
    static let dataMovement: [TFLiteOperator] = [
        TFLiteOperator(
            "RESHAPE", "ReshapeOptions", Reshape.self,
            decode: { options, _ in Reshape(shape: options.integers("new_shape")) },
            encode: { operation, _, draft in
                guard let shape = operation.shape else {
                    draft.clear("new_shape")
                    return true
                }
                return draft.set("new_shape", extents: shape)
            }),
        TFLiteOperator(
            "SQUEEZE", "SqueezeOptions", Squeeze.self,
            decode: { options, _ in Squeeze(axes: options.integers("squeeze_dims") ?? []) },
            encode: { operation, facts, draft in
                facts.inputs.count == 1 && draft.set("squeeze_dims", extents: operation.axes)
            },
            version: { _, facts in facts.inputType(0) == .string ? 2 : 1 }),
        TFLiteOperator(
            "EXPAND_DIMS", "ExpandDimsOptions", ExpandDimensions.self,
            decode: { _, _ in ExpandDimensions() }, encode: { _, _, _ in true }),
        TFLiteOperator(
            "CONCATENATION", "ConcatenationOptions", Concatenation.self,
            decode: { options, _ in
                options.activation.map { Concatenation(axis: options.integer("axis"), activation: $0) }
            },
            encode: { operation, _, draft in
                draft.set("axis", operation.axis)
                draft.set(operation.activation)
                return Int32(exactly: operation.axis) != nil
            },
            version: { _, facts in
                switch facts.inputType(0) {
                case .float16: 6
                case .int4: 5
                case .uint32: 4
                case .int16: 3
                case .int8: 2
                default: 1
                }
            }),
        pad("PAD", "PadOptions", operands: 2),
        pad("PADV2", "PadV2Options", operands: 3),
        TFLiteOperator(
            "TRANSPOSE", "TransposeOptions", Transpose.self,
            decode: { _, _ in Transpose() }, encode: { _, _, _ in true },
            version: { _, facts in
                switch (facts.inputType(0), facts.inputRank(0)) {
                case (.float16, _): 9
                case (.bfloat16, _), (_, 7...): 8
                case (.int4, _): 7
                case (_, 6): 6
                case (.int16, _): 5
                case (_, 5): 4
                case (.bool, _): 3
                case (.int8, _): 2
                default: 1
                }
            }),
        TFLiteOperator(
            "SHAPE", "ShapeOptions", ShapeOf.self,
            decode: { options, _ in
                guard let type = TFLiteNames.elementType(options.integer("out_type")) else { return nil }
                return ShapeOf(type: type)
            },
            encode: { operation, _, draft in
                guard operation.start == 0, operation.end == nil, let code = TFLiteNames.code(of: operation.type) else {
                    return false
                }
                draft.set("out_type", code)
                return true
            }),
        TFLiteOperator(
            "PACK", "PackOptions", Pack.self,
            decode: { options, facts in
                // The count says again how many operands there are.
                options.integer("values_count") == facts.inputs.count ? Pack(axis: options.integer("axis")) : nil
            },
            encode: { operation, facts, draft in
                draft.set("values_count", facts.inputs.count)
                draft.set("axis", operation.axis)
                return Int32(exactly: operation.axis) != nil
            },
            version: { _, facts in
                switch facts.inputType(0) {
                case .uint32: 4
                case .int16: 3
                case .int8: 2
                default: 1
                }
            }),
        TFLiteOperator(
            "STRIDED_SLICE", "StridedSliceOptions", StridedSlice.self,
            decode: { options, _ in
                StridedSlice(
                    beginMask: options.integer("begin_mask"), endMask: options.integer("end_mask"),
                    ellipsisMask: options.integer("ellipsis_mask"), newAxisMask: options.integer("new_axis_mask"),
                    shrinkAxisMask: options.integer("shrink_axis_mask"), offset: options.flag("offset"))
            },
            encode: { operation, _, draft in
                draft.set("begin_mask", operation.beginMask)
                draft.set("end_mask", operation.endMask)
                draft.set("ellipsis_mask", operation.ellipsisMask)
                draft.set("new_axis_mask", operation.newAxisMask)
                draft.set("shrink_axis_mask", operation.shrinkAxisMask)
                draft.set("offset", operation.offset)
                let masks = [operation.beginMask, operation.endMask, operation.ellipsisMask, operation.newAxisMask]
                return (masks + [operation.shrinkAxisMask]).allSatisfy { Int32(exactly: $0) != nil }
            },
            version: { operation, facts in
                if operation.offset { return 8 }
                if facts.inputType(0) == .uint32 { return 7 }
                if operation.ellipsisMask != 0 || operation.newAxisMask != 0 { return 6 }
                if facts.inputType(0) == .string { return 5 }
                if facts.inputRank(0) > 4 { return 4 }
                return facts.inputType(0) == .bool ? 3 : facts.inputType(0) == .int8 ? 2 : 1
            }),
    ]

    private static func pad(_ builtin: String, _ options: String, operands: Int) -> TFLiteOperator {
        TFLiteOperator(
            builtin, options, Pad.self,
            decode: { _, facts in facts.inputs.count == operands ? Pad() : nil },
            encode: { _, facts, _ in facts.inputs.count == operands },
            version: { _, facts in
                if facts.inputType(0) == .bool { return 5 }
                if facts.inputRank(0) > 4 { return 4 }
                return facts.inputType(0) == .int16 ? 3 : facts.inputType(0) == .int8 ? 2 : 1
            })
    }
}

extension TableDraft {
    /// - Returns: whether all entries are 32-bit.
    fileprivate mutating func set(_ name: String, extents: [Int]) -> Bool {
        let narrow = extents.compactMap(Int32.init(exactly:))
        set(name, vector: narrow)
        return narrow.count == extents.count
    }
}
