import ModelGraph

/// One step of an optimizer on any number of tensors.
///
/// Operands: rate, step, then all tensors, all gradients, and all moments of each kind. Results: the new tensors and
/// moments in the same order.
package struct TrainingUpdate: Operation, Equatable {
    package enum Kind: String, Sendable { case adagrad, adam, momentum, nesterov }

    package var kind: Kind
    package var alpha: Float
    package var beta: Float
    package var epsilon: Float
    package var decay: Float
    /// How much of the tensor is added to its gradient, and taken off in the end.
    package var norm: Float
    package var normAfter: Float

    package init(
        _ kind: Kind, alpha: Float = 0, beta: Float = 0, epsilon: Float = 0, decay: Float = 0, norm: Float = 0,
        normAfter: Float = 0
    ) {
        self.kind = kind
        self.alpha = alpha
        self.beta = beta
        self.epsilon = epsilon
        self.decay = decay
        self.norm = norm
        self.normAfter = normAfter
    }

    package var name: String { kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() }
    /// Tensors that are kept beside each one.
    package var momentCount: Int { kind == .adam ? 2 : 1 }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        let parts = 2 + momentCount
        let tensors = (inputs.count - 2) / parts
        guard tensors > 0, inputs.count == 2 + tensors * parts else {
            throw GraphError(.invalidAttribute, "\(inputs.count) operands of \(name)")
        }
        for index in 0..<2 {
            guard let sizes = try operands.sizes(index) else { return nil }
            try operands.requireShape(Shape.elementCount(sizes) == 1, sizes)
        }
        let step = try operands.required(1).type
        guard step == .int64 else { throw GraphError(.typeMismatch, "a step of type \(step)") }
        var results: [TensorFacts] = []
        for part in 0..<parts {
            for tensor in 0..<tensors {
                guard let sizes = try operands.sizes(2 + tensor) else { return nil }
                let index = 2 + part * tensors + tensor
                try operands.require(index, sizes, type: try operands.required(2 + tensor).type)
                if part != 1 { results += try Operands.result(try operands.required(index).type, sizes) }
            }
        }
        return results
    }
}
