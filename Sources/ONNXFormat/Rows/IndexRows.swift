import ModelGraph
import Operators

extension OperatorTable {
    /// Operators that move what indices name.
    static let indexRows: [OperatorRow] = [
        gather, gatherElements, gatherND, scatterElements, scatter, scatterND, tensorScatter, oneHot, reverseSequence,
        compress, nonZero, unique,
    ]

    private static let gather = OperatorRow(
        type: "Gather",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(operation: Gather(axis: try node.int("axis") ?? 0), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let gather = try encoder.operation(Gather.self)
            try encoder.require(gather.wrapsNegatives && gather.batchDimensions == 0)
            return EncodedNode(inputs: encoder.inputs, attributes: ["axis": .int(gather.axis)])
        })

    private static let gatherElements = OperatorRow(
        type: "GatherElements",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(operation: GatherElements(axis: try node.int("axis") ?? 0), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let axis = try encoder.operation(GatherElements.self).axis
            return EncodedNode(inputs: encoder.inputs, attributes: ["axis": .int(axis)])
        })

    private static let gatherND = OperatorRow(
        type: "GatherND",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(
                operation: GatherND(batchDimensions: try node.int("batch_dims") ?? 0), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let gather = try encoder.operation(GatherND.self)
            try encoder.require(gather.wrapsNegatives && (gather.batchDimensions == 0 || encoder.version >= 12))
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: gather.batchDimensions == 0 ? [:] : ["batch_dims": .int(gather.batchDimensions)])
        })

    private static let scatterElements = OperatorRow(
        type: "ScatterElements",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            return DecodedNode(
                operation: ScatterElements(axis: try node.int("axis") ?? 0, reduction: try reduction(&node)),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let scatter = try encoder.operation(ScatterElements.self)
            try encoder.require(encoder.version >= 11)
            var attributes = try attributes(of: scatter.reduction, encoder)
            attributes["axis"] = .int(scatter.axis)
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    /// What ScatterElements was called before operator set 11.
    private static let scatter = OperatorRow(
        type: "Scatter",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            return DecodedNode(operation: ScatterElements(axis: try node.int("axis") ?? 0), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let scatter = try encoder.operation(ScatterElements.self)
            try encoder.require(encoder.version < 11 && scatter.reduction == .assign)
            return EncodedNode(inputs: encoder.inputs, attributes: ["axis": .int(scatter.axis)])
        })

    private static let scatterND = OperatorRow(
        type: "ScatterND",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            return DecodedNode(operation: ScatterND(reduction: try reduction(&node)), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let scatter = try encoder.operation(ScatterND.self)
            try encoder.require(!scatter.startsFromZeros)
            return EncodedNode(inputs: encoder.inputs, attributes: try attributes(of: scatter.reduction, encoder))
        })

    private static func reduction(_ node: inout NodeReader) throws(Misfit) -> ScatterReduction {
        guard let name = try node.string("reduction") else { return .assign }
        guard let reduction = ScatterReduction(rawValue: name) else { throw Misfit() }
        return reduction
    }

    private static func attributes(
        of reduction: ScatterReduction, _ encoder: NodeEncoder
    ) throws(Misfit) -> [String: EncodedNode.Attribute] {
        switch reduction {
        case .assign: return [:]
        case .add, .multiply: try encoder.require(encoder.version >= 16)
        case .maximum, .minimum: try encoder.require(encoder.version >= 18)
        }
        return ["reduction": .string(reduction.rawValue)]
    }

    private static let tensorScatter = OperatorRow(
        type: "TensorScatter",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...3)
            let mode = try node.string("mode") ?? "linear"
            guard ["linear", "circular"].contains(mode) else { throw Misfit() }
            return DecodedNode(
                operation: TensorScatter(axis: try node.int("axis") ?? -2, isCircular: mode == "circular"),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let scatter = try encoder.operation(TensorScatter.self)
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: [
                    "axis": .int(scatter.axis), "mode": .string(scatter.isCircular ? "circular" : "linear"),
                ])
        })

    private static let oneHot = OperatorRow(
        type: "OneHot",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            return DecodedNode(operation: OneHot(axis: try node.int("axis") ?? -1), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let axis = try encoder.operation(OneHot.self).axis
            try encoder.require(encoder.node.inputs.count == 3)
            return EncodedNode(inputs: encoder.inputs, attributes: ["axis": .int(axis)])
        })

    private static let reverseSequence = OperatorRow(
        type: "ReverseSequence",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(
                operation: ReverseSequence(
                    stepAxis: try node.int("time_axis") ?? 0, batchAxis: try node.int("batch_axis") ?? 1),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let reverse = try encoder.operation(ReverseSequence.self)
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: ["time_axis": .int(reverse.stepAxis), "batch_axis": .int(reverse.batchAxis)])
        })

    private static let compress = OperatorRow(
        type: "Compress",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(operation: Compress(axis: try node.int("axis")), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let axis = try encoder.operation(Compress.self).axis
            return EncodedNode(inputs: encoder.inputs, attributes: axis.map { ["axis": .int($0)] } ?? [:])
        })

    private static let nonZero = OperatorRow(
        type: "NonZero",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(operation: NonZero(), operands: node.operands, resultType: .int64)
        },
        encode: { encoder throws(Misfit) in
            try encoder.require(!(try encoder.operation(NonZero.self).isRowPerElement))
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let unique = OperatorRow(
        type: "Unique",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1, results: 4)
            let isSorted = try node.int("sorted") ?? 1 != 0
            return DecodedNode(
                operation: Unique(axis: try node.int("axis"), isSorted: isSorted), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let unique = try encoder.operation(Unique.self)
            try encoder.require(!unique.givesInverseOnly && unique.indexType == .int64)
            var attributes: [String: EncodedNode.Attribute] = ["sorted": .int(unique.isSorted ? 1 : 0)]
            if let axis = unique.axis { attributes["axis"] = .int(axis) }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })
}
