import ModelGraph

/// Joins tensors along an axis.
package struct Concatenation: Operation, Equatable {
    /// Counted from the last axis when negative.
    package var axis: Int
    package var activation: Activation
    package init(axis: Int, activation: Activation = .none) {
        self.axis = axis
        self.activation = activation
    }
    package var name: String { "Concatenation" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        let type = try operands.required(0).type
        guard var y = try operands.sizes(0) else { return nil }
        let axis = try Operands.axis(axis, rank: y.count)
        for index in inputs.indices.dropFirst() {
            let part = try operands.required(index)
            guard part.type == type else {
                throw GraphError(.typeMismatch, "operands of type \(type) and \(part.type)")
            }
            guard var x = try operands.sizes(index) else { return nil }
            guard x.count == y.count else {
                throw GraphError(.invalidShape, "operands of shape \(Shape(y)) and \(Shape(x))")
            }
            // Extents are below 2³¹, so it would take 2³² operands to overflow.
            let extent = y[axis] + x[axis]
            x[axis] = y[axis]
            guard x == y else {
                throw GraphError(.invalidShape, "operands that differ in more than axis \(axis)")
            }
            y[axis] = extent
        }
        return try Operands.result(type, y)
    }
}
