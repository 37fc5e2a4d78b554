import ModelGraph

/// Writes parts named by tuples of indices: y = x, but y[indices[n…, :]] = updates[n…], or both combined.
///
/// Operands: x, indices, updates; or, with `startsFromZeros`, indices, updates and the shape of an x of zeros.
package struct ScatterND: Operation, Equatable {
    package var reduction: ScatterReduction
    package var startsFromZeros: Bool
    package init(reduction: ScatterReduction = .assign, startsFromZeros: Bool = false) {
        self.reduction = reduction
        self.startsFromZeros = startsFromZeros
    }
    package var name: String { "ScatterND" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        let first = startsFromZeros ? 0 : 1
        try operands.requireIndices(first)
        let type = try operands.required(first + 1).type
        guard let indices = try operands.sizes(first), let updates = try operands.sizes(first + 1),
            let x = try startsFromZeros ? operands.integers(2) : operands.sizes(0)
        else { return nil }
        try Operands.check(x)
        let own = startsFromZeros ? type : try operands.required(0).type
        guard let depth = indices.last, depth <= x.count, updates == indices.dropLast() + x[depth...], own == type
        else {
            throw GraphError(
                .invalidShape,
                "updates of shape \(Shape(updates)) at indices of shape \(Shape(indices)) of shape \(Shape(x))")
        }
        return try Operands.result(type, x)
    }
}
