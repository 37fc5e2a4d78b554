import ModelGraph

/// What becomes of an element that a scatter writes.
package enum ScatterReduction: String, Sendable, Hashable {
    case assign = "none", add, multiply = "mul", maximum = "max", minimum = "min"
}

/// Writes one element for each index: y = x, but y[i…, with indices[i…] at the axis] = updates[i…], or both combined.
/// Operands: x, indices, updates. Indices count from the end when negative.
package struct ScatterElements: Operation, Equatable {
    package var axis: Int
    package var reduction: ScatterReduction
    package init(axis: Int = 0, reduction: ScatterReduction = .assign) {
        self.axis = axis
        self.reduction = reduction
    }
    package var name: String { "ScatterElements" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        try operands.requireIndices(1)
        let type = try operands.required(0).type
        guard let x = try operands.sizes(0), let indices = try operands.sizes(1), let updates = try operands.sizes(2)
        else { return nil }
        guard indices == updates, try operands.required(2).type == type else {
            throw GraphError(.invalidShape, "updates of shape \(Shape(updates)) at indices of shape \(Shape(indices))")
        }
        try ScatterElements.check(indices, axis: axis, within: x)
        return try Operands.result(type, x)
    }

    /// - Throws: `GraphError` unless the indices have the rank of x and reach beyond it at most in the axis.
    static func check(_ indices: [Int], axis: Int, within x: [Int]) throws(GraphError) {
        let axis = try Operands.axis(axis, rank: x.count)
        guard indices.count == x.count, x.indices.allSatisfy({ $0 == axis || indices[$0] <= x[$0] }) else {
            throw GraphError(.invalidShape, "indices of shape \(Shape(indices)) into shape \(Shape(x))")
        }
    }
}
