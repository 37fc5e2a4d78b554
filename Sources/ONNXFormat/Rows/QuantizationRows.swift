import ModelGraph
import Operators

extension OperatorTable {
    static let quantizationRows: [OperatorRow] = [
        quantization("QuantizeLinear", describesResult: true), quantization("DequantizeLinear", describesResult: false),
    ]

    /// QuantizeLinear and DequantizeLinear with constant float parameters: they become the quantization of the integers'
    /// tensor, and stay implicit operands.
    private static func quantization(_ type: String, describesResult: Bool) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireInputs(2...3)
                var general = node
                do throws(Misfit) {
                    return try held(&node, describesResult: describesResult)
                } catch {
                    let decoded = try describesResult ? quantizeLinear(&general) : dequantizeLinear(&general)
                    node = general
                    return decoded
                }
            },
            encode: { encoder throws(Misfit) in
                if let node = try encodeLinear(encoder, describesResult: describesResult) { return node }
                try encoder.require(
                    describesResult ? encoder.node.operation is Quantize : encoder.node.operation is Dequantize)
                guard let id = describesResult ? encoder.node.outputs.first : encoder.node.inputs.first ?? nil,
                    let quantization = encoder.graph[id].quantization, quantization.blockSize == nil
                else { throw Misfit() }
                let needed = quantization.axis == nil ? 10 : 13
                try encoder.require(encoder.version >= needed)
                let type = encoder.graph[id].type
                var parameters = try parameters(quantization, type: type, encoder)
                if let held = try heldParameters(quantization, type: type, encoder) { parameters = held }
                var attributes: [String: EncodedNode.Attribute] = [:]
                if let axis = quantization.axis { attributes["axis"] = .int(axis) }
                return EncodedNode(inputs: [try encoder.input(0)] + parameters, attributes: attributes)
            })
    }

    /// The form with constant parameters: they become the quantization of the integers' tensor.
    private static func held(_ node: inout NodeReader, describesResult: Bool) throws(Misfit) -> DecodedNode {
        let scales = try node.constantFloats(1)
        let axis = try node.int("axis")
        if node.version >= 21 {
            try node.require("block_size", is: 0)
            try node.require("output_dtype", is: 0)
        }
        if node.version >= 23, describesResult { try node.require("precision", is: 0) }
        if node.version >= 19, describesResult { _ = try node.int("saturate") }
        var integers: ElementType? = describesResult ? node.result?.type : node.value(0)?.type
        if let zero = node.value(2)?.type { integers = zero } else if describesResult { integers = .uint8 }
        guard let integers, [.int8, .uint8, .int16, .uint16, .int32].contains(integers),
            let id = describesResult ? node.outputs.first : node.inputs[0]
        else { throw Misfit() }
        let zeros = node.has(2) ? try node.constantZeroPoints(2) : Array(repeating: 0, count: scales.count)
        guard !scales.isEmpty, zeros.count == scales.count else { throw Misfit() }
        var quantization = Quantization(scales: scales, zeroPoints: zeros, axis: nil)
        if node.value(1)?.shape?.rank == 1, scales.count > 1 {
            quantization.axis = try nonnegative(axis ?? 1, of: node)
        } else if scales.count > 1 {
            throw Misfit()
        }
        node.note(quantization, of: id)
        return DecodedNode(
            operation: describesResult ? Quantize() as any Operation : Dequantize(),
            operands: [node.operand(0)],
            implicit: node.implicit(from: 1), resultType: describesResult ? integers : .float32)
    }

    private static func nonnegative(_ axis: Int, of node: NodeReader) throws(Misfit) -> Int {
        if axis >= 0 { return axis }
        let rank = try node.rank(0)
        guard axis >= -rank else { throw Misfit() }
        return axis + rank
    }

    /// The implicit operands, if they hold the scale and zero point.
    private static func heldParameters(
        _ quantization: Quantization, type: ElementType, _ encoder: NodeEncoder
    ) throws(Misfit) -> [EncodedNode.Input?]? {
        guard let zeros = integers(quantization.zeroPoints, as: type) else { throw Misfit() }
        let held = encoder.node.implicitInputs
        guard held.count == 2, held.allSatisfy(encoder.graph.contains) else { return nil }
        let (scale, zero) = (encoder.graph[held[0]], encoder.graph[held[1]])
        guard scale.type == .float32, scale.facts.constant == TensorData(quantization.scales), zero.type == type,
            zero.facts.constant == zeros
        else { return nil }
        return held.map { .value($0) }
    }

    /// Scale and zero point as new initializers.
    static func parameters(
        _ quantization: Quantization, type: ElementType, _ encoder: NodeEncoder
    ) throws(Misfit) -> [EncodedNode.Input?] {
        guard let zeros = integers(quantization.zeroPoints, as: type) else { throw Misfit() }
        let shape: Shape = quantization.axis == nil ? [] : [quantization.scales.count]
        return [
            encoder.constant("scale", .float32, shape, TensorData(quantization.scales)),
            encoder.constant("zero_point", type, shape, zeros),
        ]
    }

    private static func integers(_ values: [Int64], as type: ElementType) -> TensorData? {
        func pack<Element: FixedWidthInteger & BitwiseCopyable>(_: Element.Type) -> TensorData? {
            let packed = values.compactMap(Element.init(exactly:))
            return packed.count == values.count ? TensorData(packed) : nil
        }
        switch type {
        case .int8: return pack(Int8.self)
        case .uint8: return pack(UInt8.self)
        case .int16: return pack(Int16.self)
        case .uint16: return pack(UInt16.self)
        case .int32: return pack(Int32.self)
        default: return nil
        }
    }
}
