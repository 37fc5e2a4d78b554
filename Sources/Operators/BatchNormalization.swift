import ModelGraph

/// y = γ·(x − μ)/√(σ² + ε) + β for each channel, with the mean μ and variance σ² of training.
///
/// Operands: x, γ [C], β [C], μ [C], σ² [C].
package struct BatchNormalization: Operation, Equatable {
    package var epsilon: Float
    /// Of no effect outside training.
    package var momentum: Float
    package var layout: TensorLayout

    package init(epsilon: Float = 1e-5, momentum: Float = 0.9, layout: TensorLayout = .channelsFirst) {
        self.epsilon = epsilon
        self.momentum = momentum
        self.layout = layout
    }

    package var name: String { "BatchNormalization" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(5)
        guard let x = try operands.sizes(0) else { return nil }
        guard x.count >= 2 else {
            throw GraphError(.invalidShape, "a batch normalization of a tensor of shape \(Shape(x))")
        }
        let channels = x[layout.channelAxis(rank: x.count)]
        for index in 1...4 {
            guard let sizes = try operands.sizes(index) else { continue }
            guard sizes == [channels] else {
                throw GraphError(.invalidShape, "operand \(index) of shape \(Shape(sizes)) for \(channels) channels")
            }
        }
        return try Operands.result(try operands.required(0).type, x)
    }
}
