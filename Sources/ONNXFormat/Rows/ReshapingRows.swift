import ModelGraph
import Operators

extension OperatorTable {
    static let reshapingRows: [OperatorRow] = [reshape, flatten, squeeze, unsqueeze, shapeOf]

    /// The shape became an operand with operator set 5; a zero in it copies an extent, unless `allowzero` of set 14 is set.
    private static let reshape = OperatorRow(
        type: "Reshape",
        decode: { node throws(Misfit) in
            if node.version < 5 {
                try node.requireInputs(1...1)
                guard let shape = try node.ints("shape") else { throw Misfit() }
                return DecodedNode(operation: Reshape(shape: shape, copiesZeros: true), operands: node.operands)
            }
            try node.requireInputs(2...2)
            let allowsZero = try node.int("allowzero") ?? 0 != 0
            // Where no zero can occur it is all the same.
            let hasZero = (try? node.constantInts(1))?.contains(0) ?? true
            return DecodedNode(operation: Reshape(copiesZeros: !allowsZero && hasZero), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let reshape = try encoder.operation(Reshape.self)
            try encoder.requireOneQuantization()
            if encoder.version < 5 {
                guard let shape = reshape.shape, encoder.node.inputs.count == 1 else { throw Misfit() }
                try encoder.require(reshape.copiesZeros || !shape.contains(0))
                return EncodedNode(inputs: encoder.inputs, attributes: ["shape": .ints(shape)])
            }
            let known = encoder.node.inputs.count > 1 ? try? encoder.constantInts(1) : reshape.shape
            let isLiteral = !reshape.copiesZeros && known?.contains(0) ?? true
            try encoder.require(!isLiteral || encoder.version >= 14)
            var inputs = encoder.inputs
            if inputs.count < 2 || ![.int64, .variant].contains(encoder.value(1)?.type) {
                guard let known else { throw Misfit() }
                inputs = [try encoder.input(0), encoder.input(known, named: "shape")]
            }
            return EncodedNode(inputs: inputs, attributes: isLiteral ? ["allowzero": .int(1)] : [:])
        })

    private static let flatten = OperatorRow(
        type: "Flatten",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(operation: Flatten(axis: try node.int("axis") ?? 1), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let axis = try encoder.operation(Flatten.self).axis
            try encoder.requireOneQuantization()
            try encoder.require(axis >= 0 || encoder.version >= 11)
            return EncodedNode(inputs: encoder.inputs, attributes: ["axis": .int(axis)])
        })

    private static let squeeze = OperatorRow(
        type: "Squeeze",
        decode: { node throws(Misfit) in
            if let computed = try computedAxes(&node, Squeeze()) { return computed }
            let axes = try axes(&node, inputs: 1...2)
            return DecodedNode(
                operation: Squeeze(axes: axes ?? []), operands: [node.operand(0)], implicit: node.implicit(from: 1))
        },
        encode: { encoder throws(Misfit) in
            let axes = try encoder.operation(Squeeze.self).axes
            try encoder.requireOneQuantization()
            if encoder.node.inputs.count > 1 {
                try encoder.require(encoder.version >= 13)
                return EncodedNode(inputs: encoder.inputs)
            }
            return axes.isEmpty ? EncodedNode(inputs: encoder.inputs) : encode(axes, encoder)
        })

    private static let unsqueeze = OperatorRow(
        type: "Unsqueeze",
        decode: { node throws(Misfit) in
            if let computed = try computedAxes(&node, ExpandDimensions()) { return computed }
            guard let axes = try axes(&node, inputs: 1...2) else { throw Misfit() }
            return DecodedNode(
                operation: Unsqueeze(axes: axes), operands: [node.operand(0)], implicit: node.implicit(from: 1))
        },
        encode: { encoder throws(Misfit) in
            if encoder.node.operation is ExpandDimensions {
                try encoder.require(encoder.version >= 13 && encoder.value(1)?.type == .int64)
                return EncodedNode(inputs: encoder.inputs)
            }
            let axes = try encoder.operation(Unsqueeze.self).axes
            try encoder.requireOneQuantization()
            return encode(axes, encoder)
        })

    /// The operation with its axes as an operand, where they are computed.
    private static func computedAxes(
        _ node: inout NodeReader, _ operation: any Operation
    ) throws(Misfit) -> DecodedNode? {
        guard node.version >= 13, let axes = node.value(1), axes.facts.constant == nil else { return nil }
        try node.requireInputs(2...2)
        return DecodedNode(operation: operation, operands: node.operands)
    }

    /// Axes became an operand with operator set 13.
    private static func axes(_ node: inout NodeReader, inputs: ClosedRange<Int>) throws(Misfit) -> [Int]? {
        guard node.version >= 13 else {
            try node.requireInputs(1...1)
            return try node.ints("axes")
        }
        try node.requireInputs(inputs)
        guard node.has(1) else { return nil }
        let axes = try node.constantInts(1)
        // Without axes the operators differ from one with an empty list.
        guard !axes.isEmpty else { throw Misfit() }
        return axes
    }

    private static func encode(_ axes: [Int], _ encoder: NodeEncoder) -> EncodedNode {
        guard encoder.version >= 13 else {
            return EncodedNode(inputs: encoder.inputs, attributes: ["axes": .ints(axes)])
        }
        return EncodedNode(inputs: encoder.inputs + [encoder.input(axes, named: "axes")])
    }

    private static let shapeOf = OperatorRow(
        type: "Shape",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(
                operation: ShapeOf(type: .int64, start: try node.int("start") ?? 0, end: try node.int("end")),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let shape = try encoder.operation(ShapeOf.self)
            let isPart = shape.start != 0 || shape.end != nil
            try encoder.require(shape.type == .int64 && (!isPart || encoder.version >= 15))
            var attributes: [String: EncodedNode.Attribute] = [:]
            if shape.start != 0 { attributes["start"] = .int(shape.start) }
            if let end = shape.end { attributes["end"] = .int(end) }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })
}
