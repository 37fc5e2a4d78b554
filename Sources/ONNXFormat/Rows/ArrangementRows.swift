import ModelGraph
import Operators

extension OperatorTable {
    /// Operators that cut, repeat and rearrange.
    static let arrangementRows: [OperatorRow] = [
        split, tile, expand, constantOfShape, eyeLike, range, size, spaceToDepth, depthToSpace, trilu, centerCropPad,
        columnsToImage,
    ]

    /// The parts' extents became an operand with operator set 13; their number can be said since 18.
    private static let split = OperatorRow(
        type: "Split",
        decode: { node throws(Misfit) in
            let count = node.outputs.count
            try node.requireInputs(1...2, results: count)
            let axis = try node.int("axis") ?? 0
            var operands = node.operands
            if node.version >= 2, node.version < 13 { try node.requireInputs(1...1, results: count) }
            if node.version < 13, let parts = try node.ints("split") {
                operands = [node.operand(0), node.constant("split", parts, [parts.count])]
            }
            let allowsSmallerLast = node.version >= 18
            if let parts = try node.int("num_outputs"), parts != count { throw Misfit() }
            return DecodedNode(
                operation: Split(.axis(axis), count: count, allowsSmallerLast: allowsSmallerLast), operands: operands)
        },
        encode: { encoder throws(Misfit) in
            let split = try encoder.operation(Split.self)
            guard case .axis(let axis) = split.form else { throw Misfit() }
            var attributes: [String: EncodedNode.Attribute] = ["axis": .int(axis)]
            if encoder.node.inputs.count > 1, encoder.node.inputs[1] != nil {
                if encoder.version >= 13 { return EncodedNode(inputs: encoder.inputs, attributes: attributes) }
                attributes["split"] = .ints(try encoder.constantInts(1))
            } else if encoder.version >= 18 {
                attributes["num_outputs"] = .int(split.count)
            } else {
                try encoder.require(!split.allowsSmallerLast)
            }
            return EncodedNode(inputs: [try encoder.input(0)], attributes: attributes)
        })

    /// Before operator set 6 it repeated one axis.
    private static let tile = OperatorRow(
        type: "Tile",
        decode: { node throws(Misfit) in
            guard node.version >= 6 else { throw Misfit() }
            try node.requireInputs(2...2)
            return DecodedNode(operation: Tile(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(Tile.self)
            try encoder.require(encoder.version >= 6)
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let expand = OperatorRow(
        type: "Expand",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(operation: Expand(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(Expand.self)
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let constantOfShape = OperatorRow(
        type: "ConstantOfShape",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            guard var value = try node.tensor("value") else {
                return DecodedNode(
                    operation: Fill(), operands: [node.operand(0), node.constant("value", 0)], resultType: .float32)
            }
            guard value.shape?.elementCount == 1 else { throw Misfit() }
            value.shape = []
            return DecodedNode(
                operation: Fill(), operands: [node.operand(0), .constant(value)], resultType: value.type)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(Fill.self)
            guard let value = encoder.value(1), let constant = value.facts.constant else { throw Misfit() }
            return EncodedNode(
                inputs: [try encoder.input(0)], attributes: ["value": .tensor(constant, value.type, [1])])
        })

    private static let eyeLike = OperatorRow(
        type: "EyeLike",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            var type: ElementType?
            if let number = try node.int("dtype") {
                guard let known = ElementType(dataType: Int64(number)) else { throw Misfit() }
                type = known
            }
            return DecodedNode(
                operation: EyeLike(type: type, diagonal: try node.int("k") ?? 0), operands: node.operands,
                resultType: type)
        },
        encode: { encoder throws(Misfit) in
            let eye = try encoder.operation(EyeLike.self)
            var attributes: [String: EncodedNode.Attribute] = ["k": .int(eye.diagonal)]
            if let type = eye.type {
                guard let number = type.dataType else { throw Misfit() }
                attributes["dtype"] = .int(Int(number))
            }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let range = OperatorRow(
        type: "Range",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            // Of half-precision numbers, what is added up in.
            if try node.int("stash_type") ?? 1 != 1 { throw Misfit() }
            return DecodedNode(operation: NumberRange(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(NumberRange.self)
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let size = OperatorRow(
        type: "Size",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(operation: SizeOf(), operands: node.operands, resultType: .int64)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(SizeOf.self)
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let spaceToDepth = OperatorRow(
        type: "SpaceToDepth",
        decode: { node throws(Misfit) in
            let (block, order) = try blocks(&node)
            return DecodedNode(
                operation: SpaceToDepth(block: block, layout: .channelsFirst, order: order), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let op = try encoder.operation(SpaceToDepth.self)
            try encoder.require(op.layout == .channelsFirst)
            return try encode(op.block, op.order, encoder)
        })

    private static let depthToSpace = OperatorRow(
        type: "DepthToSpace",
        decode: { node throws(Misfit) in
            let (block, order) = try blocks(&node)
            return DecodedNode(
                operation: DepthToSpace(block: block, layout: .channelsFirst, order: order), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let op = try encoder.operation(DepthToSpace.self)
            try encoder.require(op.layout == .channelsFirst)
            return try encode(op.block, op.order, encoder)
        })

    private static func blocks(_ node: inout NodeReader) throws(Misfit) -> (Int, BlockOrder) {
        try node.requireInputs(1...1)
        guard let block = try node.int("blocksize"), let order = BlockOrder(rawValue: try node.string("mode") ?? "DCR")
        else { throw Misfit() }
        return (block, order)
    }

    private static func encode(_ block: Int, _ order: BlockOrder, _ encoder: NodeEncoder) throws(Misfit) -> EncodedNode
    {
        var attributes: [String: EncodedNode.Attribute] = ["blocksize": .int(block)]
        if order != .pixelsFirst {
            try encoder.require(encoder.version >= 11)
            attributes["mode"] = .string(order.rawValue)
        }
        return EncodedNode(inputs: encoder.inputs, attributes: attributes)
    }

    private static let trilu = OperatorRow(
        type: "Trilu",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...2)
            return DecodedNode(operation: Trilu(isUpper: try node.int("upper") ?? 1 != 0), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let isUpper = try encoder.operation(Trilu.self).isUpper
            return EncodedNode(inputs: encoder.inputs, attributes: ["upper": .int(isUpper ? 1 : 0)])
        })

    private static let centerCropPad = OperatorRow(
        type: "CenterCropPad",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(operation: CenterCropPad(axes: try node.ints("axes")), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let axes = try encoder.operation(CenterCropPad.self).axes
            return EncodedNode(inputs: encoder.inputs, attributes: axes.map { ["axes": .ints($0)] } ?? [:])
        })

    private static let columnsToImage = OperatorRow(
        type: "Col2Im",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            return DecodedNode(
                operation: ColumnsToImage(
                    strides: try node.ints("strides") ?? [], dilations: try node.ints("dilations") ?? [],
                    padding: try node.ints("pads") ?? []), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let op = try encoder.operation(ColumnsToImage.self)
            var attributes: [String: EncodedNode.Attribute] = [:]
            if !op.strides.isEmpty { attributes["strides"] = .ints(op.strides) }
            if !op.dilations.isEmpty { attributes["dilations"] = .ints(op.dilations) }
            if !op.padding.isEmpty { attributes["pads"] = .ints(op.padding) }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })
}
