import ModelGraph

/// a · sigmoid(α·a) · b. Operands: a, b of one shape.
package struct SwiGLU: Operation, Equatable {
    package var alpha: Float
    package init(alpha: Float = 1) { self.alpha = alpha }
    package var name: String { "SwiGLU" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let a = try operands.sizes(0) else { return nil }
        try operands.require(1, a, type: try operands.required(0).type)
        return try Operands.result(try operands.required(0).type, a)
    }
}
