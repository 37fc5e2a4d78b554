import ModelGraph

/// A layer normalization of a sum, over the last axis.
///
///     s = x + skip (+ bias)          y = (s − mean) / √(variance + ε) · scale + shift
///
/// Operands: x, skip (which broadcasts to x), scale, and optionally shift and bias. Results: y, and optionally, behind two
/// that are always left out (mean and reciprocal standard deviation), s. Simplified, the mean counts as 0 and there is no
/// shift.
/// - Source: onnxruntime's SkipLayerNormalization and SkipSimplifiedLayerNormalization.
package struct SkipLayerNormalization: Operation, Equatable {
    package var epsilon: Float
    package var isSimplified: Bool
    /// How many results there are: 1, or 4 with the sum.
    package var resultCount: Int

    package init(epsilon: Float = 1e-12, isSimplified: Bool = false, resultCount: Int = 1) {
        self.epsilon = epsilon
        self.isSimplified = isSimplified
        self.resultCount = resultCount
    }

    package var name: String { isSimplified ? "SkipSimplifiedLayerNormalization" : "SkipLayerNormalization" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: 5)
        let type = try operands.required(0).type
        guard let x = try operands.sizes(0), let skip = try operands.sizes(1) else { return nil }
        guard !x.isEmpty, !skip.isEmpty, try Binary.broadcast(skip, x) == x else {
            throw GraphError(.invalidShape, "the sum of \(Shape(x)) and \(Shape(skip))")
        }
        for index in 2..<inputs.count {
            guard let operand = operands.optional(index), let sizes = operand.shape?.sizes else { continue }
            guard sizes.count == 1, sizes.first == x.last else {
                throw GraphError(.invalidShape, "operand \(index) of \(name) has shape \(Shape(sizes)) for \(Shape(x))")
            }
        }
        let y = try Operands.result(type, x)
        guard resultCount == 4 else { return y }
        let statistics = try Operands.result(.float32, x.dropLast() + [1])
        return y + statistics + statistics + y
    }
}
