import ModelGraph

/// An elementwise operator of one operand.
package struct Unary: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case relu, relu6, reluN1To1, relu0To1, logistic, tanh, hardSwish, elu
        case abs, negate, exp, log, sqrt, rsqrt, square, sin, cos, floor, ceil, round
        case tan, arcSine, arcCosine, arcTangent
        case hyperbolicSine, hyperbolicCosine, areaSine, areaCosine, areaTangent
        case errorFunction, reciprocal, sign
        /// log(1 + exp x)
        case softplus
        /// x / (1 + |x|)
        case softsign
        /// x · tanh(softplus x)
        case mish
        /// Of bits, or of booleans.
        case not
    }

    package var kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    package var name: String { kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() }

    /// The operator as an activation that a linear operator can apply itself; nil if there is none.
    package var activation: Activation? {
        switch kind {
        case .relu: .relu
        case .relu6: .relu6
        case .reluN1To1: .reluN1To1
        default: nil
        }
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(try operands.required(0).type, x)
    }
}
