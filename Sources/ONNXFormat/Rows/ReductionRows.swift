import ModelGraph
import Operators

extension OperatorTable {
    static let reductionRows: [OperatorRow] = [
        reduction("ReduceMean", .mean), reduction("ReduceSum", .sum, operandSince: 13),
        reduction("ReduceProd", .product),
        reduction("ReduceMax", .max), reduction("ReduceMin", .min),
    ]

    /// Axes became an operand with operator set 18, for ReduceSum with 13. Without axes all of them are meant.
    private static func reduction(_ type: String, _ kind: Reduce.Kind, operandSince: Int = 18) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                let keeps = try node.int("keepdims") ?? 1 != 0
                var axes: DecodedNode.Operand?
                if node.version >= operandSince {
                    try node.requireInputs(1...2)
                    try node.require("noop_with_empty_axes", is: 0)
                    if node.has(1), try !node.constantInts(1).isEmpty { axes = node.operand(1) }
                } else {
                    try node.requireInputs(1...1)
                    if let given = try node.ints("axes"), !given.isEmpty {
                        axes = node.constant("axes", given, [given.count])
                    }
                }
                if axes == nil {
                    let rank = try node.rank(0)
                    axes = node.constant("axes", Array(0..<rank), [rank])
                }
                return DecodedNode(
                    operation: Reduce(kind, keepsDimensions: keeps), operands: [node.operand(0), axes])
            },
            encode: { encoder throws(Misfit) in
                let reduce = try encoder.operation(Reduce.self)
                try encoder.requireReal()
                let axes = try encoder.constantInts(1)
                // An empty list would mean all axes.
                try encoder.require(reduce.kind == kind && !axes.isEmpty)
                let keeps = ["keepdims": EncodedNode.Attribute.int(reduce.keepsDimensions ? 1 : 0)]
                let x = try encoder.input(0)
                if encoder.version < operandSince {
                    return EncodedNode(
                        inputs: [x], attributes: keeps.merging(["axes": .ints(axes)]) { _, new in new })
                }
                let isUsable = encoder.value(1)?.type == .int64
                return EncodedNode(
                    inputs: [x, isUsable ? try encoder.input(1) : encoder.input(axes, named: "axes")], attributes: keeps
                )
            })
    }
}
