import ModelGraph

/// Each row less its mean, over its standard deviation, scaled and shifted; a row is all axes from the given one on.
///
///     y = (x − mean) / √(variance + ε) · scale + bias
///
/// Operands: x, scale, and optionally bias, which broadcast to x. Results: y, and optionally the mean and the reciprocal
/// of the standard deviation, with extent 1 in the axes of a row.
/// - Source: ONNX LayerNormalization; Ba et al. 2016.
package struct LayerNormalization: Operation, Equatable {
    /// Counted from the last axis when negative.
    package var axis: Int
    package var epsilon: Float
    /// How many results there are, 1 to 3.
    package var resultCount: Int

    package init(axis: Int = -1, epsilon: Float = 1e-5, resultCount: Int = 1) {
        self.axis = axis
        self.epsilon = epsilon
        self.resultCount = resultCount
    }

    package var name: String { "LayerNormalization" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0) else { return nil }
        let first = try Operands.axis(axis, rank: x.count)
        for index in 1..<inputs.count {
            guard let operand = operands.optional(index), let sizes = operand.shape?.sizes else { continue }
            guard try Binary.broadcast(sizes, x) == x else {
                throw GraphError(.invalidShape, "a scale or bias of shape \(Shape(sizes)) for \(Shape(x))")
            }
        }
        let type = try operands.required(0).type
        let y = try Operands.result(type, x)
        // Statistics are kept in single precision at least.
        let statistics = try Operands.result(
            type == .float64 ? type : .float32, x.indices.map { $0 < first ? x[$0] : 1 })
        return Array((y + statistics + statistics).prefix(max(1, min(3, resultCount))))
    }
}
