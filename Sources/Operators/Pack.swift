import ModelGraph

/// Joins tensors along a new axis.
package struct Pack: Operation, Equatable {
    package var axis: Int
    package init(axis: Int) { self.axis = axis }
    package var name: String { "Pack" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        let type = try operands.required(0).type
        guard let x = try operands.sizes(0) else { return nil }
        for index in inputs.indices.dropFirst() {
            guard let other = try operands.sizes(index) else { return nil }
            guard other == x, try operands.required(index).type == type else {
                throw GraphError(.invalidShape, "operands of shape \(Shape(x)) and \(Shape(other))")
            }
        }
        var y = x
        y.insert(inputs.count, at: try Operands.axis(axis, rank: x.count + 1))
        return try Operands.result(type, y)
    }
}
