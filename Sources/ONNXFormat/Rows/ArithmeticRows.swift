import ModelGraph
import Operators

extension OperatorTable {
    /// Elementwise operators of several operands.
    static let arithmeticRows: [OperatorRow] = [
        variadic("Sum", .sum, .add), variadic("Mean", .mean, nil), variadic("Max", .maximum, .maximum),
        variadic("Min", .minimum, .minimum),
        mod, bitShift,
        bitwise("And", .and, isLogical: true), bitwise("Or", .or, isLogical: true),
        bitwise("Xor", .exclusiveOr, isLogical: true),
        bitwise("BitwiseAnd", .and, isLogical: false), bitwise("BitwiseOr", .or, isLogical: false),
        bitwise("BitwiseXor", .exclusiveOr, isLogical: false),
        comparison("Equal", .equal), comparison("Less", .less), comparison("Greater", .greater),
        comparison("LessOrEqual", .lessOrEqual, since: 12), comparison("GreaterOrEqual", .greaterOrEqual, since: 12),
        select, prelu,
    ]

    /// Two operands are a binary operator, which passes know. Broadcasting came with operator set 8.
    private static func variadic(_ type: String, _ kind: Variadic.Kind, _ two: Binary.Kind?) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(1...max(1, node.inputs.count))
                guard node.inputs.allSatisfy({ $0 != nil }) else { throw Misfit() }
                let operation: any Operation =
                    if let two, node.inputs.count == 2 { Binary(two) } else { Variadic(kind) }
                return DecodedNode(operation: operation, operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                try encoder.requireReal()
                try encoder.require(encoder.version >= 8)
                if let binary = encoder.node.operation as? Binary {
                    try encoder.require(binary.kind == two && binary.activation == .none)
                } else {
                    try encoder.require(try encoder.operation(Variadic.self).kind == kind)
                }
                return EncodedNode(inputs: encoder.inputs)
            })
    }

    private static let mod = OperatorRow(
        type: "Mod",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            let isRemainder = try node.int("fmod") ?? 0 != 0
            return DecodedNode(operation: Binary(isRemainder ? .remainder : .floorModulo), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let binary = try encoder.operation(Binary.self)
            try encoder.requireReal()
            try encoder.require([.remainder, .floorModulo].contains(binary.kind) && encoder.version >= 10)
            // Until operator set 28 the divisor's sign was for integers only.
            let isFloat = encoder.value(0)?.type.isFloatingPoint ?? true
            try encoder.require(binary.kind == .remainder || !isFloat || encoder.version >= 28)
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["fmod": .int(binary.kind == .remainder ? 1 : 0)])
        })

    private static let bitShift = OperatorRow(
        type: "BitShift",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            switch try node.string("direction") {
            case "LEFT": return DecodedNode(operation: Binary(.shiftLeft), operands: node.operands)
            case "RIGHT": return DecodedNode(operation: Binary(.shiftRight), operands: node.operands)
            default: throw Misfit()
            }
        },
        encode: { encoder throws(Misfit) in
            let kind = try encoder.operation(Binary.self).kind
            try encoder.requireReal()
            try encoder.require([.shiftLeft, .shiftRight].contains(kind) && encoder.version >= 11)
            return EncodedNode(
                inputs: encoder.inputs, attributes: ["direction": .string(kind == .shiftLeft ? "LEFT" : "RIGHT")])
        })

    private static func bitwise(_ type: String, _ kind: Binary.Kind, isLogical: Bool) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(2...2)
                return DecodedNode(
                    operation: Binary(kind), operands: node.operands, resultType: isLogical ? .bool : nil)
            },
            encode: { encoder throws(Misfit) in
                let binary = try encoder.operation(Binary.self)
                try encoder.requireReal()
                try encoder.require(binary.kind == kind && encoder.version >= (isLogical ? 7 : 18))
                try encoder.require((encoder.value(0)?.type == .bool) == isLogical)
                return EncodedNode(inputs: encoder.inputs)
            })
    }

    private static func comparison(_ type: String, _ kind: Comparison.Kind, since: Int = 7) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(2...2)
                return DecodedNode(operation: Comparison(kind), operands: node.operands, resultType: .bool)
            },
            encode: { encoder throws(Misfit) in
                try encoder.require(try encoder.operation(Comparison.self).kind == kind && encoder.version >= since)
                try encoder.requireReal()
                return EncodedNode(inputs: encoder.inputs)
            })
    }

    private static let select = OperatorRow(
        type: "Where",
        decode: { node throws(Misfit) in
            try node.requireInputs(3...3)
            return DecodedNode(operation: Select(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            try encoder.require(try encoder.operation(Select.self) == Select() && encoder.version >= 9)
            try encoder.requireOneQuantization()
            return EncodedNode(inputs: encoder.inputs)
        })

    /// Before operator set 7 the slopes of several channels stood for axis 1.
    private static let prelu = OperatorRow(
        type: "PRelu",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            if node.version < 7 { guard node.value(1)?.shape?.elementCount == 1 else { throw Misfit() } }
            return DecodedNode(operation: Binary(.leakyRelu), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            try encoder.require(try encoder.operation(Binary.self) == Binary(.leakyRelu) && encoder.version >= 7)
            try encoder.requireReal()
            return EncodedNode(inputs: encoder.inputs)
        })
}
