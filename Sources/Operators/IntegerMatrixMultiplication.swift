import ModelGraph

/// A matrix product of bytes into int32 sums.
///
/// Operands: a and b as those of a `MatrixMultiplication`, and optionally the zero points of a (one, or one for each row)
/// and of b (one, or one for each column).
/// - Source: ONNX MatMulInteger.
package struct IntegerMatrixMultiplication: Operation, Equatable {
    package init() {}
    package var name: String { "IntegerMatrixMultiplication" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 4)
        try operands.requireBytes()
        guard let a = try operands.sizes(0), let b = try operands.sizes(1) else { return nil }
        guard let shape = try MatrixMultiplication().inferOutputs(from: Array(inputs.prefix(2)))?.first?.shape else {
            return nil
        }
        try operands.requireZeroPoints(2, counts: [1, a.count > 1 ? a[a.count - 2] : 1])
        try operands.requireZeroPoints(3, counts: [1, b.count > 1 ? b[b.count - 1] : 1])
        return [TensorFacts(type: .int32, shape: shape)]
    }
}
