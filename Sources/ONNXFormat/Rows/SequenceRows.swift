import ModelGraph
import Operators

extension OperatorTable {
    static let sequenceRows: [OperatorRow] =
        [recurrent("RNN", .rnn), recurrent("GRU", .gru), recurrent("LSTM", .lstm)] + attentionRows + normalizingRows
        + lossRows + spectralRows + learningRows + treeRows

    private static func recurrent(_ type: String, _ kind: RecurrentLayer.Kind) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireOperands(3...(kind == .lstm ? 8 : 6), required: 3, results: kind == .lstm ? 3 : 2)
                guard let direction = RecurrentLayer.Direction(rawValue: try node.string("direction") ?? "forward"),
                    let size = try node.int("hidden_size") ?? node.value(2)?.shape?.sizes?.last
                else { throw Misfit() }
                // The first version of the operators said whether the whole sequence was a result.
                if node.version < 7 { _ = try node.int("output_sequence") }
                let clip = try node.float("clip")
                if let clip, clip <= 0 { throw Misfit() }
                return DecodedNode(
                    operation: RecurrentLayer(
                        kind, direction: direction, hiddenSize: size,
                        activations: try activations(&node, kind, count: direction == .bidirectional ? 2 : 1),
                        clip: clip, isBatchFirst: try node.flag("layout"),
                        resetsProduct: kind == .gru ? try node.flag("linear_before_reset") : false,
                        couplesGates: kind == .lstm ? try node.flag("input_forget") : false),
                    operands: node.givenOperands)
            },
            encode: { encoder throws(Misfit) in
                let layer = try encoder.operation(RecurrentLayer.self)
                try encoder.requireReal()
                let usual = (0..<layer.directions).flatMap { _ in kind.defaultActivations }
                try encoder.require(layer.kind == kind && layer.activations == usual && encoder.version >= 7)
                try encoder.require(!layer.isBatchFirst || encoder.version >= 14)
                var attributes: [String: EncodedNode.Attribute] = [
                    "direction": .string(layer.direction.rawValue), "hidden_size": .int(layer.hiddenSize),
                ]
                if let clip = layer.clip { attributes["clip"] = .float(clip) }
                if layer.isBatchFirst { attributes["layout"] = .int(1) }
                if layer.resetsProduct { attributes["linear_before_reset"] = .int(1) }
                if layer.couplesGates { attributes["input_forget"] = .int(1) }
                return EncodedNode(inputs: encoder.inputs, attributes: attributes)
            })
    }

    /// Parameters are those of the activations that have any, in order.
    private static func activations(
        _ node: inout NodeReader, _ kind: RecurrentLayer.Kind, count: Int
    ) throws(Misfit) -> [RecurrentActivation] {
        let names = try node.strings("activations") ?? []
        var alphas = (try node.floats("activation_alpha") ?? [])[...]
        var betas = (try node.floats("activation_beta") ?? [])[...]
        if names.isEmpty { return (0..<count).flatMap { _ in kind.defaultActivations } }
        guard names.count == kind.activationCount * count else { throw Misfit() }
        var activations: [RecurrentActivation] = []
        for name in names {
            let known = RecurrentActivation.Function.allCases
            guard let function = known.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
                throw Misfit()
            }
            let (alpha, beta) = function.defaults
            activations.append(
                RecurrentActivation(
                    function, alpha: alpha == nil ? nil : alphas.popFirst(),
                    beta: beta == nil ? nil : betas.popFirst()))
        }
        return activations
    }

    private static let attentionRows: [OperatorRow] = [
        OperatorRow(
            type: "Attention",
            decode: { node throws(Misfit) in
                try node.requireOperands(3...7, required: 3, results: 4)
                guard let scores = Attention.Scores(rawValue: try node.int("qk_matmul_output_mode") ?? 0) else {
                    throw Misfit()
                }
                func window(_ name: String) throws(Misfit) -> Int? { try node.int(name).flatMap { $0 < 0 ? nil : $0 } }
                return DecodedNode(
                    operation: Attention(
                        scale: try node.float("scale"), isCausal: try node.flag("is_causal"),
                        queryHeads: try node.int("q_num_heads"), keyHeads: try node.int("kv_num_heads"),
                        softcap: try node.float("softcap") ?? 0, scores: scores,
                        softmaxPrecision: try node.int("softmax_precision"), leftWindow: try window("left_window_size"),
                        rightWindow: try window("right_window_size")), operands: node.givenOperands)
            },
            encode: { encoder throws(Misfit) in
                let attention = try encoder.operation(Attention.self)
                try encoder.requireReal()
                try encoder.require(encoder.version >= (encoder.node.inputs.count > 6 ? 24 : 23))
                var attributes: [String: EncodedNode.Attribute] = [
                    "is_causal": .int(attention.isCausal ? 1 : 0), "softcap": .float(attention.softcap),
                    "qk_matmul_output_mode": .int(attention.scores.rawValue),
                ]
                if let scale = attention.scale { attributes["scale"] = .float(scale) }
                attributes["q_num_heads"] = attention.queryHeads.map { .int($0) }
                attributes["kv_num_heads"] = attention.keyHeads.map { .int($0) }
                attributes["softmax_precision"] = attention.softmaxPrecision.map { .int($0) }
                if attention.leftWindow != nil || attention.rightWindow != nil {
                    try encoder.require(encoder.version >= 25)
                    attributes["left_window_size"] = .int(attention.leftWindow ?? -1)
                    attributes["right_window_size"] = .int(attention.rightWindow ?? -1)
                }
                return EncodedNode(inputs: encoder.inputs, attributes: attributes)
            }),
        // What changes scores or probabilities by a graph of its own stays opaque.
        OperatorRow(
            type: "FlexAttention", domain: "ai.onnx.preview",
            decode: { node throws(Misfit) in
                try node.requireInputs(3...3)
                guard try node.rank(0) == 4 else { throw Misfit() }
                return DecodedNode(
                    operation: Attention(
                        scale: try node.float("scale"), softmaxPrecision: try node.int("softmax_precision")),
                    operands: node.operands)
            },
            encode: { _ throws(Misfit) in throw Misfit() }),
        OperatorRow(
            type: "LinearAttention",
            decode: { node throws(Misfit) in
                try node.requireOperands(3...6, required: 3, results: 2)
                guard let rule = LinearAttention.Rule(rawValue: try node.string("update_rule") ?? "gated_delta"),
                    let queryHeads = try node.int("q_num_heads"), let keyHeads = try node.int("kv_num_heads")
                else { throw Misfit() }
                // How many steps are computed at once changes no result.
                _ = try node.int("chunk_size")
                return DecodedNode(
                    operation: LinearAttention(
                        rule, queryHeads: queryHeads, keyHeads: keyHeads, scale: try node.float("scale") ?? 0),
                    operands: node.givenOperands)
            },
            encode: { encoder throws(Misfit) in
                let attention = try encoder.operation(LinearAttention.self)
                try encoder.requireReal()
                try encoder.require(encoder.version >= 27)
                return EncodedNode(
                    inputs: encoder.inputs,
                    attributes: [
                        "update_rule": .string(attention.rule.rawValue), "q_num_heads": .int(attention.queryHeads),
                        "kv_num_heads": .int(attention.keyHeads), "scale": .float(attention.scale),
                    ])
            }),
        OperatorRow(
            type: "RotaryEmbedding",
            decode: { node throws(Misfit) in
                try node.requireOperands(3...4, required: 3)
                return DecodedNode(
                    operation: RotaryEmbedding(
                        isInterleaved: try node.flag("interleaved"), heads: try node.int("num_heads") ?? 0,
                        rotatedSize: try node.int("rotary_embedding_dim") ?? 0), operands: node.givenOperands)
            },
            encode: { encoder throws(Misfit) in
                let rotation = try encoder.operation(RotaryEmbedding.self)
                try encoder.requireReal()
                try encoder.require(encoder.version >= 23)
                return EncodedNode(
                    inputs: encoder.inputs,
                    attributes: [
                        "interleaved": .int(rotation.isInterleaved ? 1 : 0), "num_heads": .int(rotation.heads),
                        "rotary_embedding_dim": .int(rotation.rotatedSize),
                    ])
            }),
        OperatorRow(
            type: "SwiGLU",
            decode: { node throws(Misfit) in
                try node.requireInputs(2...2)
                return DecodedNode(operation: SwiGLU(alpha: try node.float("alpha") ?? 1), operands: node.operands)
            },
            encode: { encoder throws(Misfit) in
                let gate = try encoder.operation(SwiGLU.self)
                try encoder.requireReal()
                try encoder.require(encoder.version >= 28)
                return EncodedNode(inputs: encoder.inputs, attributes: ["alpha": .float(gate.alpha)])
            }),
    ]
}
