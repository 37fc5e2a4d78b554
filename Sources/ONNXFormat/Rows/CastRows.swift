import ModelGraph
import Operators

extension OperatorTable {
    static let castRows: [OperatorRow] = [cast, castLike, bitCast]

    private static let cast = OperatorRow(
        type: "Cast",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            guard let type = try elementType("to", of: &node) else { throw Misfit() }
            return DecodedNode(
                operation: Cast(to: type, narrowing: try narrowing(of: &node, since: 19)), operands: node.operands,
                resultType: type)
        },
        encode: { encoder throws(Misfit) in
            let cast = try encoder.operation(Cast.self)
            guard let type = cast.type.dataType else { throw Misfit() }
            try encoder.requireReal()
            var attributes = try attributes(of: cast.narrowing, encoder, since: 19)
            attributes["to"] = .int(Int(type))
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let castLike = OperatorRow(
        type: "CastLike",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(
                operation: CastLike(narrowing: try narrowing(of: &node, since: 19)), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let cast = try encoder.operation(CastLike.self)
            try encoder.requireReal()
            try encoder.require(encoder.version >= 15)
            return EncodedNode(
                inputs: encoder.inputs, attributes: try attributes(of: cast.narrowing, encoder, since: 19))
        })

    private static let bitCast = OperatorRow(
        type: "BitCast",
        decode: { node throws(Misfit) in
            try node.requireInputs(1...1)
            guard let type = try elementType("to", of: &node) else { throw Misfit() }
            return DecodedNode(operation: BitCast(to: type), operands: node.operands, resultType: type)
        },
        encode: { encoder throws(Misfit) in
            guard let type = try encoder.operation(BitCast.self).type.dataType else { throw Misfit() }
            try encoder.requireReal()
            try encoder.require(encoder.version >= 26 && encoder.value(0)?.shape?.rank == encoder.shapeOfResult?.rank)
            return EncodedNode(inputs: encoder.inputs, attributes: ["to": .int(Int(type))])
        })

    /// The type that an attribute names; nil if it is not given, or names one that is not a number.
    static func elementType(_ name: String, of node: inout NodeReader) throws(Misfit) -> ElementType? {
        guard let number = try node.int(name), let type = ElementType(dataType: Int64(number)), type.bitWidth != nil
        else { return nil }
        return type
    }

    private static func narrowing(of node: inout NodeReader, since version: Int) throws(Misfit) -> Narrowing {
        var narrowing = Narrowing()
        if node.version >= version { narrowing.saturatesFloats = try node.int("saturate") ?? 1 != 0 }
        if node.version >= 24, let mode = try node.string("round_mode") {
            guard let rounding = Narrowing.Rounding(rawValue: mode) else { throw Misfit() }
            narrowing.rounding = rounding
        }
        return narrowing
    }

    private static func attributes(
        of narrowing: Narrowing, _ encoder: NodeEncoder, since version: Int
    ) throws(Misfit) -> [String: EncodedNode.Attribute] {
        try encoder.require(!narrowing.saturatesIntegers)
        var attributes: [String: EncodedNode.Attribute] = [:]
        if !narrowing.saturatesFloats {
            try encoder.require(encoder.version >= version)
            attributes["saturate"] = .int(0)
        }
        if narrowing.rounding != .up {
            try encoder.require(encoder.version >= 24)
            attributes["round_mode"] = .string(narrowing.rounding.rawValue)
        }
        return attributes
    }
}
