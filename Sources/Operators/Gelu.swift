import ModelGraph

/// The Gaussian error linear unit x·Φ(x), or one of the functions that are used in its place.
///
/// Operands: x, and optionally a bias for each index of the last axis, which is added to x before.
/// - Source: Hendrycks and Gimpel 2016; ONNX Gelu; onnxruntime's FastGelu, BiasGelu and QuickGelu.
package struct Gelu: Operation, Equatable {
    package enum Kind: Sendable, Hashable {
        /// x/2 · (1 + erf(x/√2))
        case exact
        /// x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
        case tanh
        /// x · logistic(α·x)
        case logistic(alpha: Float)
    }

    package var kind: Kind

    package init(_ kind: Kind = .exact) { self.kind = kind }

    package var name: String {
        switch kind {
        case .exact: "Gelu"
        case .tanh: "GeluTanh"
        case .logistic: "QuickGelu"
        }
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 2)
        let type = try operands.required(0).type
        guard let x = try operands.sizes(0) else { return nil }
        if let bias = operands.optional(1) {
            guard bias.type == type else {
                throw GraphError(.typeMismatch, "operands of type \(type) and \(bias.type)")
            }
            guard let sizes = bias.shape?.sizes else { return nil }
            guard sizes.count == 1, sizes.first == x.last else {
                throw GraphError(.invalidShape, "a bias of shape \(Shape(sizes)) for \(Shape(x))")
            }
        }
        return try Operands.result(type, x)
    }
}
