import ModelGraph
import Operators

extension OperatorTable {
    /// Operators that onnxruntime's optimizer makes of several.
    static let fusedRows: [OperatorRow] = [fusedConvolution, fusedGemm, fusedMatrixMultiplication]

    private static let fusedConvolution = OperatorRow(
        type: "FusedConv", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(2...4)
            let window = try SpatialAttributes(&node, rankOfWindow: node.value(1)?.shape.map { $0.rank - 2 })
            let groups = try node.int("group") ?? 1
            guard groups > 0 else { throw Misfit() }
            let convolution = Convolution(
                strides: window.strides, dilations: window.dilations, padding: window.padding, groups: groups,
                layout: .channelsFirst)
            let parameters = try node.floats("activation_params") ?? []
            let activation = try FusedActivation.operation(try node.string("activation"), parameters)
            let operands =
                node.has(3) ? [node.operand(0), node.operand(1), node.operand(2), node.operand(3)] : node.operands
            return DecodedNode(
                operation: Activated(convolution, activation: activation, addsLast: node.has(3)), operands: operands)
        },
        encode: { encoder throws(Misfit) in
            let fused = try encoder.operation(Activated.self)
            try encoder.requireReal()
            guard let convolution = fused.base as? Convolution else { throw Misfit() }
            try encoder.require(convolution.activation == .none && convolution.layout == .channelsFirst)
            var attributes = SpatialAttributes.encode(
                kernel: encoder.value(1)?.shape?.sizes.map { Array($0.dropFirst(2)) }, strides: convolution.strides,
                padding: convolution.padding)
            attributes["dilations"] = .ints(convolution.dilations)
            attributes["group"] = .int(convolution.groups)
            let (name, parameters) = try FusedActivation.name(of: fused.activation)
            attributes["activation"] = .string(name)
            if !parameters.isEmpty { attributes["activation_params"] = .floats(parameters) }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let fusedGemm = OperatorRow(
        type: "FusedGemm", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(2...3)
            let gemm = Gemm(
                alpha: try node.float("alpha") ?? 1, beta: try node.float("beta") ?? 1,
                transposesA: try node.int("transA") ?? 0 != 0, transposesB: try node.int("transB") ?? 0 != 0)
            let name = try node.string("activation")
            let parameters = [
                try node.float("activation_alpha"), try node.float("activation_beta"),
                try node.float("activation_gamma"),
            ]
            let activation = try FusedActivation.operation(
                name, Array(parameters.prefix { $0 != nil }.compactMap(\.self)))
            return DecodedNode(operation: Activated(gemm, activation: activation), operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let fused = try encoder.operation(Activated.self)
            try encoder.requireReal()
            guard let gemm = fused.base as? Gemm, !fused.addsLast else { throw Misfit() }
            let (name, parameters) = try FusedActivation.name(of: fused.activation)
            var attributes: [String: EncodedNode.Attribute] = [
                "alpha": .float(gemm.alpha), "beta": .float(gemm.beta), "transA": .int(gemm.transposesA ? 1 : 0),
                "transB": .int(gemm.transposesB ? 1 : 0), "activation": .string(name),
            ]
            for (key, parameter) in zip(["activation_alpha", "activation_beta"], parameters) {
                attributes[key] = .float(parameter)
            }
            return EncodedNode(inputs: encoder.inputs, attributes: attributes)
        })

    private static let fusedMatrixMultiplication = OperatorRow(
        type: "FusedMatMul", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(2...2)
            try node.require("transBatchA", is: 0)
            try node.require("transBatchB", is: 0)
            return DecodedNode(
                operation: ScaledMatrixMultiplication(
                    alpha: try node.float("alpha") ?? 1, transposesA: try node.int("transA") ?? 0 != 0,
                    transposesB: try node.int("transB") ?? 0 != 0),
                operands: node.operands)
        },
        encode: { encoder throws(Misfit) in
            let product = try encoder.operation(ScaledMatrixMultiplication.self)
            try encoder.requireReal()
            return EncodedNode(
                inputs: encoder.inputs,
                attributes: [
                    "alpha": .float(product.alpha), "transA": .int(product.transposesA ? 1 : 0),
                    "transB": .int(product.transposesB ? 1 : 0),
                ])
        })
}

/// The activations that onnxruntime fuses, by their names there.
enum FusedActivation {
    private static let plain: [(name: String, kind: Unary.Kind)] = [
        ("Relu", .relu), ("Sigmoid", .logistic), ("Tanh", .tanh), ("HardSwish", .hardSwish),
    ]

    private static let clipped: [(kind: Unary.Kind, lower: Float, upper: Float)] = [
        (.relu6, 0, 6), (.reluN1To1, -1, 1), (.relu0To1, 0, 1),
    ]

    static func operation(_ name: String?, _ parameters: [Float]) throws(Misfit) -> any Operation {
        if let found = plain.first(where: { $0.name == name }) { return Unary(found.kind) }
        if name == "Clip", parameters.count == 2,
            let found = clipped.first(where: { $0.lower == parameters[0] && $0.upper == parameters[1] })
        {
            return Unary(found.kind)
        }
        if name == "LeakyRelu", parameters.count == 1 { return ParametricUnary(.leakyRelu, alpha: parameters[0]) }
        if name == "HardSigmoid", parameters.count == 2 {
            return ParametricUnary(.hardSigmoid, alpha: parameters[0], beta: parameters[1])
        }
        throw Misfit()
    }

    static func name(of activation: any Operation) throws(Misfit) -> (String, [Float]) {
        if let unary = activation as? ParametricUnary {
            switch unary.kind {
            case .leakyRelu: return ("LeakyRelu", [unary.alpha])
            case .hardSigmoid: return ("HardSigmoid", [unary.alpha, unary.beta])
            default: throw Misfit()
            }
        }
        guard let unary = activation as? Unary else { throw Misfit() }
        if let found = plain.first(where: { $0.kind == unary.kind }) { return (found.name, []) }
        guard let found = clipped.first(where: { $0.kind == unary.kind }) else { throw Misfit() }
        return ("Clip", [found.lower, found.upper])
    }
}
