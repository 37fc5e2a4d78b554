import ModelGraph
import Operators

extension OperatorTable {
    /// Operators along one axis.
    static let alongAxisRows: [OperatorRow] = [
        argExtremum("ArgMax", .maximum), argExtremum("ArgMin", .minimum), cumulative("CumSum", .sum, since: 11),
        cumulative("CumProd", .product, since: 26), topK, logSoftmax, hardmax,
    ]

    private static func argExtremum(_ type: String, _ kind: ArgExtremum.Kind) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                var extremum = ArgExtremum(kind, axis: try node.int("axis") ?? 0)
                extremum.keepsDimensions = try node.int("keepdims") ?? 1 != 0
                if node.version >= 12 { extremum.selectsLast = try node.int("select_last_index") ?? 0 != 0 }
                return DecodedNode(operation: extremum, operands: node.operands, resultType: .int64)
            },
            encode: { encoder throws(Misfit) in
                let extremum = try encoder.operation(ArgExtremum.self)
                guard extremum.kind == kind, extremum.type == .int64, let axis = extremum.axis else { throw Misfit() }
                try encoder.requireOneQuantization()
                try encoder.require(axis >= 0 || encoder.version >= 11)
                var attributes: [String: EncodedNode.Attribute] = [
                    "axis": .int(axis), "keepdims": .int(extremum.keepsDimensions ? 1 : 0),
                ]
                if extremum.selectsLast {
                    try encoder.require(encoder.version >= 12)
                    attributes["select_last_index"] = .int(1)
                }
                return EncodedNode(inputs: encoder.inputs, attributes: attributes)
            })
    }

    private static func cumulative(_ type: String, _ kind: Cumulative.Kind, since: Int) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(2...2)
                let operation = Cumulative(
                    kind, isExclusive: try node.int("exclusive") ?? 0 != 0,
                    isReversed: try node.int("reverse") ?? 0 != 0)
                return DecodedNode(operation: operation, operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                let operation = try encoder.operation(Cumulative.self)
                try encoder.requireReal()
                try encoder.require(operation.kind == kind && encoder.version >= since)
                return EncodedNode(
                    inputs: encoder.inputs,
                    attributes: [
                        "exclusive": .int(operation.isExclusive ? 1 : 0), "reverse": .int(operation.isReversed ? 1 : 0),
                    ])
            })
    }

    /// k became an operand with operator set 10; until 11 it was always the largest elements, sorted.
    private static let topK = OperatorRow(
        type: "TopK",
        decode: { node throws(Misfit) in
            guard node.inputs.count == (node.version >= 10 ? 2 : 1), node.inputs.allSatisfy({ $0 != nil }),
                node.outputs.count == 2
            else { throw Misfit() }
            var best = TopK(axis: try node.int("axis") ?? -1)
            var operands = node.operands
            if node.version < 10 {
                guard let k = try node.int("k") else { throw Misfit() }
                operands.append(node.constant("k", [k], [1]))
            }
            if node.version >= 11 {
                best.selectsSmallest = try node.int("largest") ?? 1 == 0
                best.isSorted = try node.int("sorted") ?? 1 != 0
            }
            return DecodedNode(operation: best, operands: operands)
        },
        encode: { encoder throws(Misfit) in
            let best = try encoder.operation(TopK.self)
            try encoder.requireOneQuantization()
            try encoder.require(best.type == .int64)
            var attributes: [String: EncodedNode.Attribute] = ["axis": .int(best.axis)]
            if encoder.version >= 11 {
                attributes["largest"] = .int(best.selectsSmallest ? 0 : 1)
                attributes["sorted"] = .int(best.isSorted ? 1 : 0)
            } else {
                try encoder.require(!best.selectsSmallest && best.isSorted)
            }
            if encoder.version < 10 {
                guard let k = try encoder.constantInts(1).first else { throw Misfit() }
                attributes["k"] = .int(k)
                return EncodedNode(inputs: [try encoder.input(0)], attributes: attributes)
            }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let logSoftmax = OperatorRow(
        type: "LogSoftmax",
        decode: { node throws(Misfit) in
            let (axis, includesInner) = try rows(&node)
            return DecodedNode(
                operation: LogSoftmax(axis: axis, includesInnerAxes: includesInner), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let softmax = try encoder.operation(LogSoftmax.self)
            return try encode(axis: softmax.axis, includesInner: softmax.includesInnerAxes, encoder)
        })

    private static let hardmax = OperatorRow(
        type: "Hardmax",
        decode: { node throws(Misfit) in
            let (axis, includesInner) = try rows(&node)
            return DecodedNode(
                operation: Hardmax(axis: axis, includesInnerAxes: includesInner), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let hardmax = try encoder.operation(Hardmax.self)
            return try encode(axis: hardmax.axis, includesInner: hardmax.includesInnerAxes, encoder)
        })

    /// Until operator set 13 all axes from the given one on were one.
    private static func rows(_ node: inout NodeReader) throws(Misfit) -> (axis: Int, includesInner: Bool) {
        try node.requireInputs(1...1)
        let axis = try node.int("axis")
        return node.version >= 13 ? (axis ?? -1, false) : (axis ?? 1, true)
    }

    private static func encode(
        axis: Int, includesInner: Bool, _ encoder: NodeEncoder
    ) throws(Misfit) -> EncodedNode {
        try encoder.requireReal()
        // Over the last axis both mean the same.
        let isLast = axis == -1 || encoder.shapeOfResult.map { $0.rank == axis + 1 } ?? false
        try encoder.require(isLast || includesInner == (encoder.version < 13))
        try encoder.require(axis >= 0 || encoder.version >= 11)
        return EncodedNode(inputs: encoder.inputs, attributes: ["axis": .int(axis)])
    }
}
