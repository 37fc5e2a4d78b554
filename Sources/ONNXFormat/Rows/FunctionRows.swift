import ModelGraph
import Operators

extension OperatorTable {
    /// Functions of each element.
    static let functionRows: [OperatorRow] = [
        function("Tan", .tan, since: 7), function("Asin", .arcSine, since: 7), function("Acos", .arcCosine, since: 7),
        function("Atan", .arcTangent, since: 7), function("Sinh", .hyperbolicSine, since: 9),
        function("Cosh", .hyperbolicCosine, since: 9), function("Asinh", .areaSine, since: 9),
        function("Acosh", .areaCosine, since: 9), function("Atanh", .areaTangent, since: 9),
        function("Erf", .errorFunction, since: 9), function("Reciprocal", .reciprocal),
        function("Sign", .sign, since: 9), function("Softplus", .softplus), function("Softsign", .softsign),
        function("Mish", .mish, since: 18),
        negation("Not", isLogical: true, since: 1), negation("BitwiseNot", isLogical: false, since: 18),
        parametric("LeakyRelu", .leakyRelu, [("alpha", 0.01)]),
        parametric("Selu", .selu, [("alpha", 1.673_263_2), ("gamma", 1.050_701)]),
        parametric("Celu", .celu, [("alpha", 1)], since: 12),
        parametric("ThresholdedRelu", .thresholdedRelu, [("alpha", 1)], since: 10),
        parametric("HardSigmoid", .hardSigmoid, [("alpha", 0.2), ("beta", 0.5)]),
        parametric("Shrink", .shrink, [("lambd", 0.5), ("bias", 0)], since: 9),
        parametric("Swish", .swish, [("alpha", 1)], since: 24),
        isNaN, isInfinite,
    ]

    private static func function(_ type: String, _ kind: Unary.Kind, since: Int = 1) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                return DecodedNode(operation: Unary(kind), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                try encoder.require(try encoder.operation(Unary.self).kind == kind && encoder.version >= since)
                try encoder.requireReal()
                return EncodedNode(inputs: encoder.inputs)
            })
    }

    private static func negation(_ type: String, isLogical: Bool, since: Int) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                return DecodedNode(
                    operation: Unary(.not), operands: node.operands, resultType: isLogical ? .bool : nil)
            },
            encode: { encoder throws(Misfit) in
                try encoder.require(try encoder.operation(Unary.self).kind == .not && encoder.version >= since)
                try encoder.requireReal()
                try encoder.require((encoder.value(0)?.type == .bool) == isLogical)
                return EncodedNode(inputs: encoder.inputs)
            })
    }

    /// A function with parameters: the attributes of the kind's α and β, with what they are if they are not given.
    private static func parametric(
        _ type: String, _ kind: ParametricUnary.Kind, _ parameters: [(name: String, value: Float)], since: Int = 6
    ) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...1)
                var values: [Float] = []
                for parameter in parameters { values.append(try node.float(parameter.name) ?? parameter.value) }
                // Other values were assumed then.
                if kind == .selu, node.version < 6 { throw Misfit() }
                return DecodedNode(
                    operation: ParametricUnary(kind, alpha: values[0], beta: values.count > 1 ? values[1] : 0),
                    operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                let operation = try encoder.operation(ParametricUnary.self)
                try encoder.require(operation.kind == kind && encoder.version >= since)
                try encoder.requireReal()
                var attributes: [String: EncodedNode.Attribute] = [:]
                for (parameter, value) in zip(parameters, [operation.alpha, operation.beta]) {
                    attributes[parameter.name] = .float(value)
                }
                return EncodedNode(inputs: encoder.inputs, attributes: attributes)
            })
    }

    private static let isNaN = OperatorRow(
        type: "IsNaN",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            return DecodedNode(operation: NumberTest(isNaN: true), operands: node.operands, resultType: .bool)
        },
        encode: { encoder throws(Misfit) in
            try encoder.require(
                try encoder.operation(NumberTest.self) == NumberTest(isNaN: true) && encoder.version >= 9)
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let isInfinite = OperatorRow(
        type: "IsInf",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            let test = NumberTest(
                isPositiveInfinity: try node.int("detect_positive") ?? 1 != 0,
                isNegativeInfinity: try node.int("detect_negative") ?? 1 != 0)
            return DecodedNode(operation: test, operands: node.operands, resultType: .bool)
        },
        encode: { encoder throws(Misfit) in
            let test = try encoder.operation(NumberTest.self)
            try encoder.require(!test.isNaN && encoder.version >= 10)
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: [
                    "detect_positive": .int(test.isPositiveInfinity ? 1 : 0),
                    "detect_negative": .int(test.isNegativeInfinity ? 1 : 0),
                ])
        })
}
