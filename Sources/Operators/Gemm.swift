import ModelGraph

/// y = α·A·B + β·c, with A or B transposed before.
///
/// Operands: a [M, K] or [K, M], b [K, N] or [N, K], and optionally c, which broadcasts to [M, N]. Result: [M, N].
package struct Gemm: Operation, Equatable {
    package var alpha: Float
    package var beta: Float
    package var transposesA: Bool
    package var transposesB: Bool

    package init(alpha: Float = 1, beta: Float = 1, transposesA: Bool = false, transposesB: Bool = false) {
        self.alpha = alpha
        self.beta = beta
        self.transposesA = transposesA
        self.transposesB = transposesB
    }

    package var name: String { "Gemm" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let a = try operands.sizes(0), let b = try operands.sizes(1) else { return nil }
        guard a.count == 2, b.count == 2, a[transposesA ? 0 : 1] == b[transposesB ? 1 : 0] else {
            throw GraphError(.invalidShape, "the product of \(Shape(a)) and \(Shape(b))")
        }
        let (type, y) = (try operands.required(0).type, [a[transposesA ? 1 : 0], b[transposesB ? 0 : 1]])
        if let c = operands.optional(2) {
            // Scaled integers have a sum of another type.
            guard type != .float32 || c.type == type else {
                throw GraphError(.typeMismatch, "a sum of type \(c.type) for a product of type \(type)")
            }
            if let sizes = c.shape?.sizes {
                guard try Binary.broadcast(sizes, y) == y else {
                    throw GraphError(.invalidShape, "a sum of shape \(Shape(sizes)) for a product of \(Shape(y))")
                }
            }
        }
        return try Operands.result(type, y)
    }
}
