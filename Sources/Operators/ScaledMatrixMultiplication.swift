import ModelGraph

/// α times a matrix product, with the last two axes of an operand exchanged before.
///
/// Operands and result are those of a `MatrixMultiplication`.
/// - Source: onnxruntime's FusedMatMul.
package struct ScaledMatrixMultiplication: Operation, Equatable {
    package var alpha: Float
    package var transposesA: Bool
    package var transposesB: Bool

    package init(alpha: Float = 1, transposesA: Bool = false, transposesB: Bool = false) {
        self.alpha = alpha
        self.transposesA = transposesA
        self.transposesB = transposesB
    }

    package var name: String { "ScaledMatrixMultiplication" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        var facts = [try operands.required(0), try operands.required(1)]
        for (index, isTransposed) in [transposesA, transposesB].enumerated() where isTransposed {
            guard var sizes = try operands.sizes(index) else { return nil }
            // A vector has nothing to exchange.
            guard sizes.count > 1 else { continue }
            sizes.swapAt(sizes.count - 1, sizes.count - 2)
            facts[index].shape = Shape(sizes)
        }
        return try MatrixMultiplication().inferOutputs(from: facts)
    }
}
