import ModelGraph

/// ONNX's RNN, GRU and LSTM: one or two passes over a sequence.
///
/// Operands: x [T, B, I], W [D, G·H, I], R [D, G·H, H], and optionally b [D, 2·G·H], lengths [B], initial h [D, B, H],
/// and for LSTM initial c [D, B, H] and peepholes [D, 3·H]. Results: Y [T, D, B, H], the last h [D, B, H], and for LSTM
/// the last c. D counts directions and G gates. With `isBatchFirst` B stands before T and D.
package struct RecurrentLayer: Operation, Equatable {
    package enum Kind: String, Sendable { case rnn, gru, lstm }
    package enum Direction: String, Sendable { case forward, reverse, bidirectional }

    package var kind: Kind
    package var direction: Direction
    package var hiddenSize: Int
    /// f, g and h, as many as the kind has, for each direction.
    package var activations: [RecurrentActivation]
    /// What goes into activations is clamped to ±clip.
    package var clip: Float?
    package var isBatchFirst: Bool
    /// Whether a GRU's reset gate works on the product with R and not on h.
    package var resetsProduct: Bool
    /// Whether an LSTM's input gate is one minus the forget gate.
    package var couplesGates: Bool

    package init(
        _ kind: Kind, direction: Direction = .forward, hiddenSize: Int, activations: [RecurrentActivation],
        clip: Float? = nil, isBatchFirst: Bool = false, resetsProduct: Bool = false, couplesGates: Bool = false
    ) {
        self.kind = kind
        self.direction = direction
        self.hiddenSize = hiddenSize
        self.activations = activations
        self.clip = clip
        self.isBatchFirst = isBatchFirst
        self.resetsProduct = resetsProduct
        self.couplesGates = couplesGates
    }

    package var name: String { kind.rawValue.uppercased() }
    package var directions: Int { direction == .bidirectional ? 2 : 1 }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: kind == .lstm ? 8 : 6)
        guard let x = try operands.sizes(0) else { return nil }
        guard x.count == 3, hiddenSize > 0, activations.count == kind.activationCount * directions else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) for \(hiddenSize) hidden units")
        }
        let (steps, batch) = isBatchFirst ? (x[1], x[0]) : (x[0], x[1])
        let (gates, state) = (kind.gateCount &* hiddenSize, stateSizes(batch: batch))
        try operands.require(1, [directions, gates, x[2]])
        try operands.require(2, [directions, gates, hiddenSize])
        try operands.require(3, [directions, gates &* 2])
        try operands.require(4, [batch], type: .int32)
        try operands.require(5, state)
        try operands.require(6, state)
        try operands.require(7, [directions, 3 &* hiddenSize])
        let type = try operands.required(0).type
        let y = isBatchFirst ? [batch, steps, directions, hiddenSize] : [steps, directions, batch, hiddenSize]
        try Operands.check(y)
        let last = TensorFacts(type: type, shape: Shape(state))
        return [TensorFacts(type: type, shape: Shape(y)), last] + (kind == .lstm ? [last] : [])
    }

    private func stateSizes(batch: Int) -> [Int] {
        isBatchFirst ? [batch, directions, hiddenSize] : [directions, batch, hiddenSize]
    }
}

extension RecurrentLayer.Kind {
    package var gateCount: Int {
        switch self {
        case .rnn: 1
        case .gru: 3
        case .lstm: 4
        }
    }

    /// The activations of one direction.
    package var activationCount: Int {
        switch self {
        case .rnn: 1
        case .gru: 2
        case .lstm: 3
        }
    }

    package var defaultActivations: [RecurrentActivation] {
        switch self {
        case .rnn: [RecurrentActivation(.tanh)]
        case .gru: [RecurrentActivation(.sigmoid), RecurrentActivation(.tanh)]
        case .lstm: [RecurrentActivation(.sigmoid), RecurrentActivation(.tanh), RecurrentActivation(.tanh)]
        }
    }
}

/// An activation inside a recurrent layer.
package struct RecurrentActivation: Sendable, Hashable {
    /// ONNX's names.
    package enum Function: String, Sendable, CaseIterable {
        case sigmoid = "Sigmoid"
        case tanh = "Tanh"
        case relu = "Relu"
        case affine = "Affine"
        case leakyRelu = "LeakyRelu"
        case thresholdedRelu = "ThresholdedRelu"
        case scaledTanh = "ScaledTanh"
        case hardSigmoid = "HardSigmoid"
        case elu = "Elu"
        case softsign = "Softsign"
        case softplus = "Softplus"
    }

    package var function: Function
    package var alpha: Float
    package var beta: Float

    package init(_ function: Function, alpha: Float? = nil, beta: Float? = nil) {
        self.function = function
        self.alpha = alpha ?? function.defaults.alpha ?? 0
        self.beta = beta ?? function.defaults.beta ?? 0
    }
}

extension RecurrentActivation.Function {
    /// The parameters that the function has, with their values where none are given.
    package var defaults: (alpha: Float?, beta: Float?) {
        switch self {
        case .affine: (1, 0)
        case .leakyRelu: (0.01, nil)
        case .thresholdedRelu, .elu: (1, nil)
        case .scaledTanh: (1, 1)
        case .hardSigmoid: (0.2, 0.5)
        case .sigmoid, .tanh, .relu, .softsign, .softplus: (nil, nil)
        }
    }
}
