import ModelGraph

/// The determinants of the matrices in the last two axes.
package struct Determinant: Operation, Equatable {
    package init() {}
    package var name: String { "Det" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        guard x.count >= 2, x[x.count - 1] == x[x.count - 2] else {
            throw GraphError(.invalidShape, "the determinant of a tensor of shape \(Shape(x))")
        }
        return try Operands.result(try operands.required(0).type, Array(x.dropLast(2)))
    }
}
