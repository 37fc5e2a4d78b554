import ModelGraph
import Operators

extension OperatorTable {
    static let linearRows: [OperatorRow] = [
        convolution, transposedConvolution, gemm, matrixMultiplication, batchNormalization,
    ]

    private static let convolution = OperatorRow(
        type: "Conv",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...3)
            let window = try SpatialAttributes(&node, rankOfWindow: node.value(1)?.shape.map { $0.rank - 2 })
            if let weights = node.value(1)?.shape, let kernel = window.kernel {
                guard weights.rank == kernel.count + 2,
                    zip(weights.dimensions.dropFirst(2), kernel).allSatisfy({ $0.size ?? $1 == $1 })
                else { throw Misfit() }
            }
            let groups = try node.int("group") ?? 1
            guard groups > 0 else { throw Misfit() }
            return DecodedNode(
                operation: Convolution(
                    strides: window.strides, dilations: window.dilations, padding: window.padding, groups: groups,
                    layout: .channelsFirst), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let convolution = try encoder.operation(Convolution.self)
            try encoder.requireReal()
            try encoder.require(convolution.activation == .none && convolution.layout == .channelsFirst)
            var attributes = SpatialAttributes.encode(
                kernel: encoder.value(1)?.shape?.sizes.map { Array($0.dropFirst(2)) }, strides: convolution.strides,
                padding: convolution.padding)
            attributes["dilations"] = .ints(convolution.dilations)
            attributes["group"] = .int(convolution.groups)
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let transposedConvolution = OperatorRow(
        type: "ConvTranspose",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...3)
            let window = try SpatialAttributes(&node, rankOfWindow: node.value(1)?.shape.map { $0.rank - 2 })
            if let weights = node.value(1)?.shape, let kernel = window.kernel {
                guard weights.rank == kernel.count + 2,
                    zip(weights.dimensions.dropFirst(2), kernel).allSatisfy({ $0.size ?? $1 == $1 })
                else { throw Misfit() }
            }
            let groups = try node.int("group") ?? 1
            let behind = try node.ints("output_padding") ?? window.strides.map { _ in 0 }
            var extents = try node.ints("output_shape")
            // Some files say the extents of all axes.
            if let all = extents, all.count == window.strides.count + 2 { extents = Array(all.dropFirst(2)) }
            guard groups > 0, behind.count == window.strides.count, behind.allSatisfy({ $0 >= 0 }),
                extents.map({ $0.count == window.strides.count && $0.allSatisfy { $0 > 0 } }) ?? true
            else { throw Misfit() }
            return DecodedNode(
                operation: TransposedConvolution(
                    strides: window.strides, dilations: window.dilations, padding: window.padding,
                    outputPadding: behind, outputExtents: extents, groups: groups), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let convolution = try encoder.operation(TransposedConvolution.self)
            var attributes = SpatialAttributes.encode(
                kernel: encoder.value(1)?.shape?.sizes.map { Array($0.dropFirst(2)) }, strides: convolution.strides,
                padding: convolution.padding)
            attributes["dilations"] = .ints(convolution.dilations)
            attributes["output_padding"] = .ints(convolution.outputPadding)
            attributes["output_shape"] = convolution.outputExtents.map { .ints($0) }
            attributes["group"] = .int(convolution.groups)
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let gemm = OperatorRow(
        type: "Gemm",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...3)
            // Until operator set 7 an attribute had to allow what the operands' shapes say anyway.
            if node.version < 7 { _ = try node.int("broadcast") }
            return DecodedNode(
                operation: Gemm(
                    alpha: try node.float("alpha") ?? 1, beta: try node.float("beta") ?? 1,
                    transposesA: try node.int("transA") ?? 0 != 0, transposesB: try node.int("transB") ?? 0 != 0),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let gemm = try encoder.operation(Gemm.self)
            try encoder.requireReal()
            // The third operand has to be there until operator set 11.
            try encoder.require(encoder.version >= (encoder.node.inputs.count == 3 ? 7 : 11))
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: [
                    "alpha": .float(gemm.alpha), "beta": .float(gemm.beta), "transA": .int(gemm.transposesA ? 1 : 0),
                    "transB": .int(gemm.transposesB ? 1 : 0),
                ])
        })

    private static let matrixMultiplication = OperatorRow(
        type: "MatMul",
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            return DecodedNode(operation: MatrixMultiplication(), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(MatrixMultiplication.self)
            try encoder.requireReal()
            return EncodedNode(inputs: encoder.inputs)
        })

    /// Inference only: one result, and no attribute that asks for training.
    private static let batchNormalization = OperatorRow(
        type: "BatchNormalization",
        decode: { node throws(Misfit) in
            if let training = try? decodeTraining(&node) { return training }
            try node.requireInputs(5...5)
            if node.version < 7 { guard try node.int("is_test") ?? 0 != 0 else { throw Misfit() } }
            if node.version < 9 { try node.require("spatial", is: 1) }
            if node.version >= 14 { try node.require("training_mode", is: 0) }
            return DecodedNode(
                operation: BatchNormalization(
                    epsilon: try node.float("epsilon") ?? 1e-5, momentum: try node.float("momentum") ?? 0.9),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let norm = try encoder.operation(BatchNormalization.self)
            try encoder.requireReal()
            try encoder.require(norm.layout == .channelsFirst)
            var attributes: [String: EncodedNode.Attribute] = [
                "epsilon": .float(norm.epsilon), "momentum": .float(norm.momentum),
            ]
            if encoder.version < 7 { attributes["is_test"] = .int(1) }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })
}
