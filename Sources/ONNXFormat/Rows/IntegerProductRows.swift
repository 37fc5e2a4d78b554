import ModelGraph
import Operators

extension OperatorTable {
    /// Operators on integers whose zero points are operands like others.
    static let integerProductRows: [OperatorRow] = [dynamicQuantization, convolutionOfIntegers, productOfIntegers]

    private static let dynamicQuantization = OperatorRow(
        type: "DynamicQuantizeLinear",
        decode: { node throws(Misfit) in
            try node.requireOperands(1...1, results: 3...3)
            return DecodedNode(operation: DynamicQuantize(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(DynamicQuantize.self)
            try encoder.require(encoder.version >= 11)
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let productOfIntegers = OperatorRow(
        type: "MatMulInteger",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...4)
            return DecodedNode(operation: IntegerMatrixMultiplication(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(IntegerMatrixMultiplication.self)
            try encoder.require(encoder.version >= 10)
            return EncodedNode(inputs: encoder.inputs)
        })

    private static let convolutionOfIntegers = OperatorRow(
        type: "ConvInteger",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...4)
            let window = try SpatialAttributes(&node, rankOfWindow: node.value(1)?.shape.map { $0.rank - 2 })
            let groups = try node.int("group") ?? 1
            guard groups > 0 else { throw Misfit() }
            return DecodedNode(
                operation: IntegerConvolution(
                    Convolution(
                        strides: window.strides, dilations: window.dilations, padding: window.padding, groups: groups,
                        layout: .channelsFirst)),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let convolution = try encoder.operation(IntegerConvolution.self).convolution
            try encoder.require(encoder.version >= 10)
            var attributes = SpatialAttributes.encode(
                kernel: encoder.value(1)?.shape?.sizes.map { Array($0.dropFirst(2)) }, strides: convolution.strides,
                padding: convolution.padding)
            attributes["dilations"] = .ints(convolution.dilations)
            attributes["group"] = .int(convolution.groups)
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })
}
