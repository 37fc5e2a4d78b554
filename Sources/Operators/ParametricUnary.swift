import ModelGraph

/// An elementwise operator of one operand with parameters.
package struct ParametricUnary: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// x where it is not negative, α·x where it is.
        case leakyRelu
        /// x where it is not negative, α·(exp x − 1) where it is.
        case elu
        /// β times an ELU.
        case selu
        /// x where it is not negative, α·(exp(x/α) − 1) where it is.
        case celu
        /// x above α, 0 below.
        case thresholdedRelu
        /// α·x + β, between 0 and 1.
        case hardSigmoid
        /// x + β below −α, x − β above α, 0 between.
        case shrink
        /// x times the logistic function of α·x.
        case swish
    }

    package var kind: Kind
    package var alpha: Float
    package var beta: Float

    package init(_ kind: Kind, alpha: Float, beta: Float = 0) {
        self.kind = kind
        self.alpha = alpha
        self.beta = beta
    }

    package var name: String { kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(try operands.required(0).type, x)
    }
}
