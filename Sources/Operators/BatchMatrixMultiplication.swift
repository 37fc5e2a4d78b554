import ModelGraph

/// The matrix product of the last two axes of two operands, each of them transposed if asked for; the axes before them
/// broadcast.
package struct BatchMatrixMultiplication: Operation, Equatable {
    package var transposesA: Bool
    package var transposesB: Bool
    /// Whether a dynamic-range kernel may give the activations a zero point.
    package var quantizesInputsAsymmetrically: Bool

    package init(
        transposesA: Bool = false, transposesB: Bool = false, quantizesInputsAsymmetrically: Bool = false
    ) {
        self.transposesA = transposesA
        self.transposesB = transposesB
        self.quantizesInputsAsymmetrically = quantizesInputsAsymmetrically
    }

    package var name: String { "BatchMatrixMultiplication" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let a = try operands.sizes(0), let b = try operands.sizes(1) else { return nil }
        guard a.count >= 2, b.count >= 2 else {
            throw GraphError(.invalidShape, "the product of \(Shape(a)) and \(Shape(b))")
        }
        func swapped(_ sizes: [Int], _ isSwapped: Bool) -> [Int] {
            var sizes = sizes
            if isSwapped { sizes.swapAt(sizes.count - 2, sizes.count - 1) }
            return sizes
        }
        let left = TensorFacts(type: try operands.required(0).type, shape: Shape(swapped(a, transposesA)))
        let right = TensorFacts(type: left.type, shape: Shape(swapped(b, transposesB)))
        return try MatrixMultiplication().inferOutputs(from: [left, right])
    }
}
