import ModelGraph

/// A new axis that is `on` at the place that an index names and `off` elsewhere. Operands: indices, depth, and either one
/// tensor [off, on] or on and off. With the one tensor, indices count from the end when negative.
package struct OneHot: Operation, Equatable {
    package var axis: Int
    package init(axis: Int = -1) { self.axis = axis }
    package var name: String { "OneHot" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: 4)
        guard var y = try operands.sizes(0), let depth = try operands.wholeNumber(1) else { return nil }
        let type = try operands.required(2).type
        let count = inputs.count == 3 ? 2 : 1
        for index in inputs.indices.dropFirst(2) {
            guard let values = try operands.sizes(index) else { return nil }
            guard try operands.required(index).type == type, Shape.elementCount(values) == count else {
                throw GraphError(.invalidShape, "values of shape \(Shape(values))")
            }
        }
        y.insert(depth, at: try Operands.axis(axis, rank: y.count + 1))
        return try Operands.result(type, y)
    }
}
