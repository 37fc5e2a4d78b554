import ModelGraph
import Operators

extension OperatorTable {
    static let normalizationRows: [OperatorRow] = [
        layerNormalization,
        skipLayerNormalization("SkipLayerNormalization", isSimplified: false),
        skipLayerNormalization("SkipSimplifiedLayerNormalization", isSimplified: true),
    ]

    /// Statistics in another type than float, which `stash_type` can ask for, stay opaque.
    private static let layerNormalization = OperatorRow(
        type: "LayerNormalization",
        decode: { node throws(Misfit) in
            try node.requireOperands(2...3, results: 1...3)
            try node.require("stash_type", is: 1)
            return DecodedNode(
                operation: LayerNormalization(
                    axis: try node.int("axis") ?? -1, epsilon: try node.float("epsilon") ?? 1e-5,
                    resultCount: node.outputs.count),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let norm = try encoder.operation(LayerNormalization.self)
            try encoder.requireReal()
            try encoder.require(encoder.version >= 17)
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["axis": .int(norm.axis), "epsilon": .float(norm.epsilon)])
        })

    private static func skipLayerNormalization(_ type: String, isSimplified: Bool) -> OperatorRow {
        OperatorRow(
            type: type, domain: contributed,
            decode: { node throws(Misfit) in
                try node.requireOperands(3...(isSimplified ? 4 : 5), results: 1...4)
                guard node.outputs.count == 1 || node.outputs.count == 4 else { throw Misfit() }
                return DecodedNode(
                    operation: SkipLayerNormalization(
                        epsilon: try node.float("epsilon") ?? 1e-12, isSimplified: isSimplified,
                        resultCount: node.outputs.count),
                    operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                let norm = try encoder.operation(SkipLayerNormalization.self)
                try encoder.requireReal()
                try encoder.require(norm.isSimplified == isSimplified)
                return EncodedNode(inputs: encoder.inputs, attributes: ["epsilon": .float(norm.epsilon)])
            })
    }
}

extension NodeReader {
    /// Checks that there are as many operands and results; only the first result must have a name.
    func requireOperands(_ operands: ClosedRange<Int>, results: ClosedRange<Int>) throws(Misfit) {
        guard operands.contains(inputs.count), inputs.prefix(operands.lowerBound).allSatisfy({ $0 != nil }),
            results.contains(outputs.count), result?.name.isEmpty == false
        else { throw Misfit() }
    }
}
