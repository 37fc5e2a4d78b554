import ModelGraph
import Operators

// QuantizeLinear and DequantizeLinear with parameters that a tensor's quantization cannot hold: computed ones, and those
// of blocks or of other types. They stay operands.

extension OperatorTable {
    static func quantizeLinear(_ node: inout NodeReader) throws(Misfit) -> DecodedNode {
        let placement = try placement(&node)
        var saturates = true
        if node.version >= 19 { saturates = try node.int("saturate") ?? 1 != 0 }
        var named: ElementType?
        if node.version >= 21, try node.int("output_dtype") ?? 0 != 0 {
            guard let type = try elementType("output_dtype", of: &node) else { throw Misfit() }
            named = type
        }
        // Products are always computed in single precision.
        if node.version >= 23 { guard [0, 1].contains(try node.int("precision") ?? 0) else { throw Misfit() } }
        let type = node.value(2)?.type ?? named ?? .uint8
        guard type != .variant else { throw Misfit() }
        return DecodedNode(
            operation: QuantizeLinear(placement, type: type, saturates: saturates), operands: node.operands,
            resultType: type)
    }

    static func dequantizeLinear(_ node: inout NodeReader) throws(Misfit) -> DecodedNode {
        let placement = try placement(&node)
        var type: ElementType?
        if node.version >= 23, try node.int("output_dtype") ?? 0 != 0 {
            guard let named = try elementType("output_dtype", of: &node) else { throw Misfit() }
            type = named
        }
        return DecodedNode(operation: DequantizeLinear(placement, type: type), operands: node.operands)
    }

    private static func placement(_ node: inout NodeReader) throws(Misfit) -> ScalePlacement {
        var placement = ScalePlacement()
        if node.version >= 13 { placement.axis = try node.int("axis") ?? 1 }
        if node.version >= 21 { placement.blockSize = try node.int("block_size") ?? 0 }
        guard placement.blockSize >= 0 else { throw Misfit() }
        return placement
    }

    /// - Returns: nil for other operations.
    static func encodeLinear(_ encoder: NodeEncoder, describesResult: Bool) throws(Misfit) -> EncodedNode? {
        let placement: ScalePlacement
        var attributes: [String: EncodedNode.Attribute] = [:]
        var version = 10
        switch encoder.node.operation {
        case let op as QuantizeLinear where describesResult:
            placement = op.placement
            if !op.saturates {
                attributes["saturate"] = .int(0)
                version = 19
            }
            if encoder.value(2) == nil, op.type != .uint8 {
                guard let type = op.type.dataType else { throw Misfit() }
                attributes["output_dtype"] = .int(Int(type))
                version = 21
            }
        case let op as DequantizeLinear where !describesResult:
            placement = op.placement
            if let type = op.type {
                guard let number = type.dataType else { throw Misfit() }
                attributes["output_dtype"] = .int(Int(number))
                version = 23
            }
        default: return nil
        }
        if placement.axis != 1 {
            attributes["axis"] = .int(placement.axis)
            version = max(version, 13)
        }
        if placement.blockSize != 0 {
            attributes["block_size"] = .int(placement.blockSize)
            version = max(version, 21)
        }
        try encoder.require(encoder.version >= version)
        return EncodedNode(inputs: encoder.inputs, attributes: attributes)
    }
}
