import ModelGraph
import Operators

extension OperatorTable {
    static let normalizingRows: [OperatorRow] = [
        rmsNormalization, instanceNormalization, groupNormalization, lpNormalization, meanVarianceNormalization,
    ]

    private static let rmsNormalization = OperatorRow(
        type: "RMSNormalization",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            try node.require("stash_type", is: 1)
            return DecodedNode(
                operation: RMSNormalization(
                    axis: try node.int("axis") ?? -1, epsilon: try node.float("epsilon") ?? 1e-5),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let norm = try encoder.operation(RMSNormalization.self)
            try encoder.requireReal()
            try encoder.require(encoder.version >= 23)
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["axis": .int(norm.axis), "epsilon": .float(norm.epsilon)])
        })

    private static let instanceNormalization = OperatorRow(
        type: "InstanceNormalization",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            if node.version < 6 { _ = try node.ints("consumed_inputs") }
            return DecodedNode(
                operation: GroupNormalization(groups: nil, epsilon: try node.float("epsilon") ?? 1e-5),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let norm = try encoder.operation(GroupNormalization.self)
            try encoder.requireReal()
            try encoder.require(norm.groups == nil && encoder.version >= 6)
            return EncodedNode(inputs: encoder.inputs, attributes: ["epsilon": .float(norm.epsilon)])
        })

    /// Scales and offsets were those of groups until operator set 21.
    private static let groupNormalization = OperatorRow(
        type: "GroupNormalization",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            try node.require("stash_type", is: 1)
            guard let groups = try node.int("num_groups") else { throw Misfit() }
            return DecodedNode(
                operation: GroupNormalization(
                    groups: groups, epsilon: try node.float("epsilon") ?? 1e-5, scalesGroups: node.version < 21),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let norm = try encoder.operation(GroupNormalization.self)
            try encoder.requireReal()
            guard let groups = norm.groups else { throw Misfit() }
            try encoder.require(encoder.version >= 18 && norm.scalesGroups == (encoder.version < 21))
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["num_groups": .int(groups), "epsilon": .float(norm.epsilon)])
        })

    private static let lpNormalization = OperatorRow(
        type: "LpNormalization",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            guard let norm = LpNormalization.Norm(rawValue: try node.int("p") ?? 2) else { throw Misfit() }
            return DecodedNode(
                operation: LpNormalization(norm, axis: try node.int("axis") ?? -1), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let norm = try encoder.operation(LpNormalization.self)
            try encoder.requireReal()
            try encoder.require(norm.epsilon == 0)
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["axis": .int(norm.axis), "p": .int(norm.norm.rawValue)])
        })

    private static let meanVarianceNormalization = OperatorRow(
        type: "MeanVarianceNormalization",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(
                operation: MeanVarianceNormalization(axes: try node.ints("axes") ?? [0, 2, 3]), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let norm = try encoder.operation(MeanVarianceNormalization.self)
            try encoder.requireReal()
            try encoder.require(encoder.version >= 9)
            return EncodedNode(inputs: encoder.inputs, attributes: ["axes": .ints(norm.axes)])
        })

    /// What `BatchNormalization` cannot hold: a node that trains.
    static func decodeTraining(_ node: inout NodeReader) throws(Misfit) -> DecodedNode {
        try node.requireOperands(5...5, results: node.version < 14 ? 5 : 3)
        guard node.version >= 14, try node.flag("training_mode") else { throw Misfit() }
        return DecodedNode(
            operation: TrainingBatchNormalization(
                epsilon: try node.float("epsilon") ?? 1e-5, momentum: try node.float("momentum") ?? 0.9),
            operands: node.operands)
    }
}
