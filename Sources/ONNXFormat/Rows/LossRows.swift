import ModelGraph
import Operators

extension OperatorTable {
    static let lossRows: [OperatorRow] = [
        loss("NegativeLogLikelihoodLoss", isLogarithmic: true), loss("SoftmaxCrossEntropyLoss", isLogarithmic: false),
        update("Adagrad"), update("Adam"), update("Momentum"),
    ]

    private static func loss(_ type: String, isLogarithmic: Bool) -> OperatorRow {
        OperatorRow(
            type: type,
            decode: { node throws(Misfit) in
                try node.requireOperands(2...3, required: 2, results: isLogarithmic ? 1 : 2)
                guard let reduction = LossReduction(rawValue: try node.string("reduction") ?? "mean") else {
                    throw Misfit()
                }
                return DecodedNode(
                    operation: CrossEntropyLoss(
                        reduction: reduction, ignoredClass: try node.int("ignore_index"), isLogarithmic: isLogarithmic),
                    operands: node.givenOperands)
            },
            encode: { encoder throws(Misfit) in
                let loss = try encoder.operation(CrossEntropyLoss.self)
                try encoder.requireReal()
                try encoder.require(loss.isLogarithmic == isLogarithmic && encoder.version >= 12)
                var attributes: [String: EncodedNode.Attribute] = ["reduction": .string(loss.reduction.rawValue)]
                attributes["ignore_index"] = loss.ignoredClass.map { .int($0) }
                return EncodedNode(inputs: encoder.inputs, attributes: attributes)
            })
    }

    /// The optimizers that ONNX previews.
    private static func update(_ type: String) -> OperatorRow {
        OperatorRow(
            type: type, domain: "ai.onnx.preview.training",
            decode: { node throws(Misfit) in
                try node.requireOperands(5...Int(Int32.max), results: Int(Int32.max))
                guard node.inputs.allSatisfy({ $0 != nil }) else { throw Misfit() }
                var update = TrainingUpdate(.adagrad)
                update.norm = try node.float("norm_coefficient") ?? 0
                switch type {
                case "Adagrad":
                    update.epsilon = try node.float("epsilon") ?? 1e-6
                    update.decay = try node.float("decay_factor") ?? 0
                case "Adam":
                    update.kind = .adam
                    update.alpha = try node.float("alpha") ?? 0.9
                    update.beta = try node.float("beta") ?? 0.999
                    update.epsilon = try node.float("epsilon") ?? 1e-6
                    update.normAfter = try node.float("norm_coefficient_post") ?? 0
                default:
                    guard let alpha = try node.float("alpha"), let beta = try node.float("beta") else { throw Misfit() }
                    update.kind = try node.string("mode") == "nesterov" ? .nesterov : .momentum
                    (update.alpha, update.beta) = (alpha, beta)
                }
                return DecodedNode(operation: update, operands: node.operands)
            },
            // What trains is never made anew.
            encode: { _ throws(Misfit) in throw Misfit() })
    }

    static func tellsMask(_ node: NodeReader) -> Bool { node.outputs.dropFirst().contains { node.isNamed($0) } }

    /// Whether a Dropout's operands leave open that it trains, or one is left out that stands before another.
    static func mayTrain(_ node: NodeReader) throws(Misfit) -> Bool {
        guard node.has(2) else { return false }
        let mode = node.value(2)
        guard mode?.type == .bool else { throw Misfit() }
        return !node.has(1) || mode?.facts.constant?.elements(as: UInt8.self) != [0]
    }

    /// A node that may drop elements, or says which it kept.
    static func decodeDropout(_ node: inout NodeReader) throws(Misfit) -> DecodedNode {
        try node.requireOperands(1...3, required: 1, results: 2)
        guard node.version >= 7 else { throw Misfit() }
        if node.version < 12 { _ = try node.float("ratio") }
        return DecodedNode(operation: Dropout(seed: try node.int("seed") ?? 0), operands: node.givenOperands)
    }
}
