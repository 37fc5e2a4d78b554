import ModelGraph
import Operators

/// The operators of QOperator form: scales and zero points are operands among the others. In the graph they are the
/// quantization of the tensors.
extension OperatorTable {
    static let integerRows: [OperatorRow] = [
        integerConvolution, integerMatrixMultiplication, integerGemm, integerBinary("QLinearAdd", .add),
        integerBinary("QLinearMul", .multiply), integerSigmoid, integerAveragePool, integerGlobalAveragePool,
        integerConcatenation, integerSoftmax, integerLeakyRelu,
    ]

    /// onnxruntime's own operators, for what ONNX has no integer operator.
    static let contributed = "com.microsoft"

    /// x, scale, zero point, w, scale, zero point, scale and zero point of the result, bias.
    private static let integerConvolution = OperatorRow(
        type: "QLinearConv",
        decode: { node throws(Misfit) in
            try node.requireInputs(8...9)
            let window = try SpatialAttributes(&node, rankOfWindow: node.value(3)?.shape.map { $0.rank - 2 })
            let groups = try node.int("group") ?? 1
            guard groups > 0 else { throw Misfit() }
            let x = try node.noteParameters(of: 0, scale: 1, zeroPoint: 2)
            let w = try node.noteParameters(of: 3, scale: 4, zeroPoint: 5, axis: 0)
            let type = try node.noteResult(scale: 6, zeroPoint: 7)
            if node.has(8) { try node.noteBias(8, x: x, w: w) }
            return DecodedNode(
                operation: Convolution(
                    strides: window.strides, dilations: window.dilations, padding: window.padding, groups: groups,
                    layout: .channelsFirst),
                operands: [node.operand(0), node.operand(3)] + (node.has(8) ? [node.operand(8)] : []),
                implicit: node.operands(1, 2, 4, 5, 6, 7), resultType: type)
        },
        encode: { encoder throws(Misfit) in
            let convolution = try encoder.operation(Convolution.self)
            try encoder.require(
                convolution.activation == .none && convolution.layout == .channelsFirst && encoder.version >= 10)
            try encoder.requireBias(2)
            var attributes = SpatialAttributes.encode(
                kernel: encoder.value(1)?.shape?.sizes.map { Array($0.dropFirst(2)) }, strides: convolution.strides,
                padding: convolution.padding)
            attributes["dilations"] = .ints(convolution.dilations)
            attributes["group"] = .int(convolution.groups)
            let inputs =
                try encoder.quantizedInput(0) + encoder.quantizedInput(1, axis: 0) + encoder.resultParameters()
            return EncodedNode(inputs: inputs + encoder.inputs.dropFirst(2), attributes: attributes)
        })

    private static let integerMatrixMultiplication = OperatorRow(
        type: "QLinearMatMul",
        decode: { node throws(Misfit) in
            try node.requireInputs(8...8)
            let rank = try node.rank(3)
            _ = try node.noteParameters(of: 0, scale: 1, zeroPoint: 2)
            _ = try node.noteParameters(of: 3, scale: 4, zeroPoint: 5, axis: rank - 1)
            let type = try node.noteResult(scale: 6, zeroPoint: 7)
            return DecodedNode(
                operation: MatrixMultiplication(), operands: [node.operand(0), node.operand(3)],
                implicit: node.operands(1, 2, 4, 5, 6, 7), resultType: type)
        },
        encode: { encoder throws(Misfit) in
            _ = try encoder.operation(MatrixMultiplication.self)
            try encoder.require(encoder.version >= 10)
            let axis = try encoder.rank(1) - 1
            return EncodedNode(
                inputs: try encoder.quantizedInput(0) + encoder.quantizedInput(1, axis: axis)
                    + encoder.resultParameters())
        })

    /// a, scale, zero point, b, scale, zero point, bias, scale and zero point of the result. Without the last two the
    /// result is real.
    private static let integerGemm = OperatorRow(
        type: "QGemm", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(6...9)
            let gemm = Gemm(
                alpha: try node.float("alpha") ?? 1, transposesA: try node.int("transA") ?? 0 != 0,
                transposesB: try node.int("transB") ?? 0 != 0)
            let a = try node.noteParameters(of: 0, scale: 1, zeroPoint: 2)
            let b = try node.noteParameters(of: 3, scale: 4, zeroPoint: 5, axis: gemm.transposesB ? 0 : 1)
            guard node.has(7) || !node.has(8) else { throw Misfit() }
            let type = node.has(7) ? try node.noteResult(scale: 7, zeroPoint: 8) : .float32
            if node.has(6) { try node.noteBias(6, x: a, w: b, alpha: gemm.alpha) }
            return DecodedNode(
                operation: gemm, operands: [node.operand(0), node.operand(3)] + (node.has(6) ? [node.operand(6)] : []),
                implicit: node.operands(1, 2, 4, 5, 7, 8), resultType: type)
        },
        encode: { encoder throws(Misfit) in
            let gemm = try encoder.operation(Gemm.self)
            try encoder.require(gemm.beta == 1 || encoder.node.inputs.count < 3)
            try encoder.requireBias(2, alpha: gemm.alpha)
            let bias: EncodedNode.Input? = encoder.node.inputs.count > 2 ? try encoder.input(2) : nil
            let result = encoder.resultType == .float32 ? [] : try encoder.resultParameters()
            return EncodedNode(
                inputs: try encoder.quantizedInput(0) + encoder.quantizedInput(1, axis: gemm.transposesB ? 0 : 1)
                    + [bias] + result,
                attributes: [
                    "alpha": .float(gemm.alpha), "transA": .int(gemm.transposesA ? 1 : 0),
                    "transB": .int(gemm.transposesB ? 1 : 0),
                ])
        })

    private static func integerBinary(_ type: String, _ kind: Binary.Kind) -> OperatorRow {
        OperatorRow(
            type: type, domain: contributed,
            decode: { node throws(Misfit) in
                try node.requireInputs(8...8)
                _ = try node.noteParameters(of: 0, scale: 1, zeroPoint: 2)
                _ = try node.noteParameters(of: 3, scale: 4, zeroPoint: 5)
                let type = try node.noteResult(scale: 6, zeroPoint: 7)
                return DecodedNode(
                    operation: Binary(kind), operands: [node.operand(0), node.operand(3)],
                    implicit: node.operands(1, 2, 4, 5, 6, 7), resultType: type)
            },
            encode: { encoder throws(Misfit) in
                try encoder.require(try encoder.operation(Binary.self) == Binary(kind))
                return EncodedNode(
                    inputs: try encoder.quantizedInput(0) + encoder.quantizedInput(1) + encoder.resultParameters())
            })
    }

    private static let integerSigmoid = OperatorRow(
        type: "QLinearSigmoid", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(5...5)
            return try node.decodeUnary(Unary(.logistic))
        },
        encode: { encoder throws(Misfit) in
            try encoder.require(try encoder.operation(Unary.self).kind == .logistic)
            return EncodedNode(inputs: try encoder.quantizedInput(0) + encoder.resultParameters())
        })

    private static let integerAveragePool = OperatorRow(
        type: "QLinearAveragePool", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(5...5)
            let window = try SpatialAttributes(&node, rankOfWindow: node.value(0)?.shape.map { $0.rank - 2 })
            let layout: TensorLayout = try node.int("channels_last") ?? 0 != 0 ? .channelsLast : .channelsFirst
            let roundsUp = try node.int("ceil_mode") ?? 0 != 0
            let countsPadding = try node.int("count_include_pad") ?? 0 != 0
            guard let kernel = window.kernel, window.dilations.allSatisfy({ $0 == 1 }) else { throw Misfit() }
            return try node.decodeUnary(
                Pool(
                    .average, window: kernel, strides: window.strides, padding: window.padding, roundsUp: roundsUp,
                    countsPadding: countsPadding, layout: layout))
        },
        encode: { encoder throws(Misfit) in
            let pool = try encoder.operation(Pool.self)
            try encoder.require(
                pool.kind == .average && pool.activation == .none && pool.dilations.allSatisfy { $0 == 1 })
            var attributes = SpatialAttributes.encode(
                kernel: pool.window, strides: pool.strides, padding: pool.padding)
            if pool.roundsUp { attributes["ceil_mode"] = .int(1) }
            if pool.countsPadding { attributes["count_include_pad"] = .int(1) }
            if pool.layout == .channelsLast { attributes["channels_last"] = .int(1) }
            return EncodedNode(
                inputs: try encoder.quantizedInput(0) + encoder.resultParameters(), attributes: attributes)
        })

    private static let integerGlobalAveragePool = OperatorRow(
        type: "QLinearGlobalAveragePool", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(5...5)
            let layout: TensorLayout = try node.int("channels_last") ?? 0 != 0 ? .channelsLast : .channelsFirst
            return try node.decodeUnary(GlobalPool(.average, layout: layout))
        },
        encode: { encoder throws(Misfit) in
            let pool = try encoder.operation(GlobalPool.self)
            try encoder.require(pool.kind == .average)
            return EncodedNode(
                inputs: try encoder.quantizedInput(0) + encoder.resultParameters(),
                attributes: ["channels_last": .int(pool.layout == .channelsLast ? 1 : 0)])
        })

    private static let integerLeakyRelu = OperatorRow(
        type: "QLinearLeakyRelu", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(4...5)
            return try node.decodeUnary(ParametricUnary(.leakyRelu, alpha: try node.float("alpha") ?? 0.01))
        },
        encode: { encoder throws(Misfit) in
            let unary = try encoder.operation(ParametricUnary.self)
            try encoder.require(unary.kind == .leakyRelu)
            return EncodedNode(
                inputs: try encoder.quantizedInput(0) + encoder.resultParameters(),
                attributes: ["alpha": .float(unary.alpha)])
        })

    private static let integerSoftmax = OperatorRow(
        type: "QLinearSoftmax", domain: contributed,
        decode: { node throws(Misfit) in
            try node.requireInputs(4...5)
            guard let version = try node.int("opset") else { throw Misfit() }
            let axis = try node.int("axis") ?? -1
            return try node.decodeUnary(Softmax(axis: axis, includesInnerAxes: version < 13))
        },
        encode: { encoder throws(Misfit) in
            let softmax = try encoder.operation(Softmax.self)
            try encoder.require(softmax.beta == 1)
            return EncodedNode(
                inputs: try encoder.quantizedInput(0) + encoder.resultParameters(),
                attributes: ["axis": .int(softmax.axis), "opset": .int(softmax.includesInnerAxes ? 12 : 13)])
        })

    /// Scale and zero point of the result, then each operand with its own.
    private static let integerConcatenation = OperatorRow(
        type: "QLinearConcat", domain: contributed,
        decode: { node throws(Misfit) in
            let count = (node.inputs.count - 2) / 3
            guard count > 0, node.inputs.count == 2 + 3 * count, let axis = try node.int("axis") else { throw Misfit() }
            try node.requireInputs(node.inputs.count...node.inputs.count)
            var implicit = node.operands(0, 1)
            var operands: [DecodedNode.Operand?] = []
            for index in 0..<count {
                let place = 2 + 3 * index
                _ = try node.noteParameters(of: place, scale: place + 1, zeroPoint: place + 2)
                operands.append(node.operand(place))
                implicit += node.operands(place + 1, place + 2)
            }
            let type = try node.noteResult(scale: 0, zeroPoint: 1)
            return DecodedNode(
                operation: Concatenation(axis: axis), operands: operands, implicit: implicit, resultType: type)
        },
        encode: { encoder throws(Misfit) in
            let concatenation = try encoder.operation(Concatenation.self)
            try encoder.require(concatenation.activation == .none)
            var inputs = try encoder.resultParameters()
            for index in encoder.node.inputs.indices { inputs += try encoder.quantizedInput(index) }
            return EncodedNode(inputs: inputs, attributes: ["axis": .int(concatenation.axis)])
        })
}

extension NodeReader {
    /// Scale and zero point of an operand, or of the slices along an axis of it. A zero point that is left out is 0, of the
    /// operand's type.
    fileprivate func parameters(
        of: Int? = nil, scale: Int, zeroPoint: Int, axis: Int? = nil
    ) throws(Misfit) -> (quantization: Quantization, type: ElementType) {
        let scales = try constantFloats(scale)
        guard let type = value(zeroPoint)?.type ?? of.flatMap({ value($0)?.type }), [.int8, .uint8].contains(type),
            !scales.isEmpty
        else { throw Misfit() }
        var zeros = has(zeroPoint) ? try constantZeroPoints(zeroPoint) : [0]
        if zeros.count == 1 { zeros = Array(repeating: zeros[0], count: scales.count) }
        guard zeros.count == scales.count, axis != nil || scales.count == 1 else { throw Misfit() }
        return (Quantization(scales: scales, zeroPoints: zeros, axis: scales.count > 1 ? axis : nil), type)
    }

    fileprivate mutating func noteParameters(
        of index: Int, scale: Int, zeroPoint: Int, axis: Int? = nil
    ) throws(Misfit) -> Quantization {
        let (quantization, type) = try parameters(of: index, scale: scale, zeroPoint: zeroPoint, axis: axis)
        guard let id = inputs[index], [type, .variant].contains(value(index)?.type) else { throw Misfit() }
        note(quantization, of: id)
        return quantization
    }

    /// - Returns: the type of the result.
    fileprivate mutating func noteResult(scale: Int, zeroPoint: Int) throws(Misfit) -> ElementType {
        let (quantization, type) = try parameters(scale: scale, zeroPoint: zeroPoint)
        guard let id = outputs.first, [type, .variant].contains(result?.type) else { throw Misfit() }
        note(quantization, of: id)
        return type
    }

    /// A bias has no parameters of its own: they are the products of those of the operands.
    fileprivate mutating func noteBias(
        _ index: Int, x: Quantization, w: Quantization, alpha: Float = 1
    ) throws(Misfit) {
        guard let id = inputs[index], let bias = value(index), bias.type == .int32 else { throw Misfit() }
        let scales = w.scales.map { alpha * x.scale * $0 }
        // One number for all channels has no scale of its own where they have several.
        guard scales.count == 1 || bias.shape?.sizes?.last == scales.count else { return }
        let axis = scales.count > 1 ? (bias.shape?.rank ?? 1) - 1 : nil
        note(Quantization(scales: scales, axis: axis), of: id)
    }

    fileprivate mutating func decodeUnary(_ operation: any Operation) throws(Misfit) -> DecodedNode {
        _ = try noteParameters(of: 0, scale: 1, zeroPoint: 2)
        let type = try noteResult(scale: 3, zeroPoint: 4)
        return DecodedNode(
            operation: operation, operands: [operand(0)], implicit: operands(1, 2, 3, 4), resultType: type)
    }

    fileprivate func operands(_ indices: Int...) -> [ValueID] { indices.compactMap { has($0) ? inputs[$0] : nil } }
}

extension NodeEncoder {
    /// An operand with its scale and zero point.
    fileprivate func quantizedInput(_ index: Int, axis: Int? = nil) throws(Misfit) -> [EncodedNode.Input?] {
        guard node.inputs.indices.contains(index), let id = node.inputs[index] else { throw Misfit() }
        return [.value(id)] + (try parameters(of: id, axis: axis))
    }

    fileprivate var resultType: ElementType? { node.outputs.first.map { graph[$0].type } }

    fileprivate func resultParameters() throws(Misfit) -> [EncodedNode.Input?] {
        guard let id = node.outputs.first else { throw Misfit() }
        return try parameters(of: id, axis: nil)
    }

    private func parameters(of id: ValueID, axis: Int?) throws(Misfit) -> [EncodedNode.Input?] {
        guard isQuantized(id), let quantization = graph[id].quantization, quantization.blockSize == nil,
            [.int8, .uint8].contains(graph[id].type),
            quantization.scales.count == 1 || (axis != nil && quantization.axis == axis)
        else { throw Misfit() }
        return try OperatorTable.parameters(quantization, type: graph[id].type, self)
    }

    /// Checks that a bias, if there is one, has the scales that the operator takes for granted.
    fileprivate func requireBias(_ index: Int, alpha: Float = 1) throws(Misfit) {
        guard let bias = value(index) else { return }
        guard bias.type == .int32, let scales = bias.quantization?.scales, let x = value(0)?.quantization?.scale,
            let w = value(1)?.quantization?.scales
        else { throw Misfit() }
        let expected = w.map { alpha * x * $0 }
        try require(scales == expected || (scales.count == 1 && expected.allSatisfy { $0 == scales[0] }))
    }
}
