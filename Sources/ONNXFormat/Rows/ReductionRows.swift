import ModelGraph
import Operators

extension OperatorTable {
    static let reductionRows: [OperatorRow] = [
        reduction("ReduceMean", .mean), reduction("ReduceSum", .sum, operandSince: 13),
        reduction("ReduceProd", .product),
        reduction("ReduceMax", .max), reduction("ReduceMin", .min),
        reduction("ReduceL1", .l1), reduction("ReduceL2", .l2), reduction("ReduceSumSquare", .sumOfSquares),
        reduction("ReduceLogSum", .logSum), reduction("ReduceLogSumExp", .logSumExp),
    ]

    /// Axes became an operand with operator set 18, for ReduceSum with 13. Without axes all of them are meant, unless an
    /// attribute says that none are.
    private static func reduction(_ type: String, _ kind: Reduce.Kind, operandSince: Int = 18) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                let keeps = try node.int("keepdims") ?? 1 != 0
                var axes: DecodedNode.Operand?
                var reducesAll = true
                if node.version >= operandSince {
                    try node.requireInputs(1...2)
                    reducesAll = try node.int("noop_with_empty_axes") ?? 0 == 0
                    // Of a list that is known, an empty one is as good as none.
                    if node.has(1), (try? node.constantInts(1))?.isEmpty != true { axes = node.operand(1) }
                } else {
                    try node.requireInputs(1...1)
                    if let given = try node.ints("axes"), !given.isEmpty {
                        axes = node.constant("axes", given, [given.count])
                    }
                }
                if axes == nil, reducesAll, let rank = try? node.rank(0) {
                    axes = node.constant("axes", Array(0..<rank), [rank])
                }
                let isKnown = axes.map { if case .value(let id) = $0 { node.isConstant(id) } else { true } } ?? false
                let reduce = Reduce(kind, keepsDimensions: keeps, reducesAllWithoutAxes: reducesAll && !isKnown)
                return DecodedNode(
                    operation: reduce, operands: [node.operand(0)] + (axes.map { [$0] } ?? []))
            },
            encode: { encoder throws(Misfit) in
                let reduce = try encoder.operation(Reduce.self)
                try encoder.requireReal()
                try encoder.require(reduce.kind == kind)
                var attributes = ["keepdims": EncodedNode.Attribute.int(reduce.keepsDimensions ? 1 : 0)]
                let x = try encoder.input(0)
                let hasOperand = encoder.version >= operandSince
                guard let given = encoder.value(1) else {
                    try encoder.require(hasOperand || reduce.reducesAllWithoutAxes)
                    if !reduce.reducesAllWithoutAxes { attributes["noop_with_empty_axes"] = .int(1) }
                    return EncodedNode(inputs: [x], attributes: attributes)
                }
                guard given.facts.constant != nil else {
                    try encoder.require(hasOperand && given.type == .int64)
                    if !reduce.reducesAllWithoutAxes { attributes["noop_with_empty_axes"] = .int(1) }
                    return EncodedNode(inputs: [x, try encoder.input(1)], attributes: attributes)
                }
                let axes = try encoder.constantInts(1)
                // An empty list would mean all axes; a scalar has none, and is reduced to itself.
                try encoder.require(!axes.isEmpty || encoder.value(0)?.shape?.rank == 0)
                if !hasOperand {
                    if !axes.isEmpty { attributes["axes"] = .ints(axes) }
                    return EncodedNode(inputs: [x], attributes: attributes)
                }
                let isUsable = given.type == .int64
                return EncodedNode(
                    inputs: [x, isUsable ? try encoder.input(1) : encoder.input(axes, named: "axes")],
                    attributes: attributes)
            })
    }
}
