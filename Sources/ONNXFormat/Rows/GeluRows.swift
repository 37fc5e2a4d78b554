import ModelGraph
import Operators

extension OperatorTable {
    static let geluRows: [OperatorRow] = [
        standardGelu, contributedGelu("Gelu", .exact, takesBias: 0...0),
        contributedGelu("BiasGelu", .exact, takesBias: 1...1),
        contributedGelu("FastGelu", .tanh, takesBias: 0...1), quickGelu,
    ]

    private static let standardGelu = OperatorRow(
        type: "Gelu",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            let kind: Gelu.Kind
            switch try node.string("approximate") ?? "none" {
            case "none": kind = .exact
            case "tanh": kind = .tanh
            default: throw Misfit()
            }
            return DecodedNode(operation: Gelu(kind), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let gelu = try encoder.operation(Gelu.self)
            try encoder.requireReal()
            try encoder.require(encoder.version >= 20 && encoder.inputs.count == 1)
            switch gelu.kind {
            case .exact: return EncodedNode(inputs: encoder.inputs, attributes: ["approximate": .string("none")])
            case .tanh: return EncodedNode(inputs: encoder.inputs, attributes: ["approximate": .string("tanh")])
            case .logistic: throw Misfit()
            }
        })

    /// - Parameter takesBias: how many biases there may be.
    private static func contributedGelu(
        _ type: String, _ kind: Gelu.Kind, takesBias: ClosedRange<Int>
    ) -> OperatorRow {
        OperatorRow(
            type: type, domain: contributed,
            decode: { node throws(Misfit) in
                try node.requireInputs((1 + takesBias.lowerBound)...(1 + takesBias.upperBound))
                return DecodedNode(operation: Gelu(kind), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                try encoder.require(try encoder.operation(Gelu.self).kind == kind)
                try encoder.requireReal()
                try encoder.require(takesBias.contains(encoder.inputs.count - 1))
                return EncodedNode(inputs: encoder.inputs)
            })
    }

    private static let quickGelu = OperatorRow(
        type: "QuickGelu", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(
                operation: Gelu(.logistic(alpha: try node.float("alpha") ?? 1.702)), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            guard case .logistic(let alpha) = try encoder.operation(Gelu.self).kind else { throw Misfit() }
            try encoder.requireReal()
            try encoder.require(encoder.inputs.count == 1)
            return EncodedNode(inputs: encoder.inputs, attributes: ["alpha": .float(alpha)])
        })
}
