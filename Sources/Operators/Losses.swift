import ModelGraph

/// How the losses of all places become the result.
package enum LossReduction: String, Sendable {
    case none, sum, mean
}

/// The cross entropy of scores and classes: −weight · log softmax(x), or −weight · x of scores that are logarithms.
///
/// Operands: x [N, C, …], classes [N, …] (int32 or int64), and optionally weights [C]. Results: the loss, a scalar or of
/// the classes' shape, and for scores their logarithms.
package struct CrossEntropyLoss: Operation, Equatable {
    package var reduction: LossReduction
    /// Places of this class do not count.
    package var ignoredClass: Int?
    /// Whether x is the logarithm of probabilities.
    package var isLogarithmic: Bool

    package init(reduction: LossReduction = .mean, ignoredClass: Int? = nil, isLogarithmic: Bool) {
        self.reduction = reduction
        self.ignoredClass = ignoredClass
        self.isLogarithmic = isLogarithmic
    }

    package var name: String { isLogarithmic ? "NegativeLogLikelihoodLoss" : "SoftmaxCrossEntropyLoss" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0) else { return nil }
        try operands.requireShape(x.count >= 2, x)
        let places = [x[0]] + x[2...]
        try operands.require(1, places)
        try operands.require(2, [x[1]])
        let classes = try operands.required(1).type
        guard classes == .int32 || classes == .int64 else {
            throw GraphError(.typeMismatch, "classes of type \(classes)")
        }
        let type = try operands.required(0).type
        let loss = try Operands.result(type, reduction == .none ? places : [])
        return isLogarithmic ? loss : loss + (try Operands.result(type, x))
    }
}
