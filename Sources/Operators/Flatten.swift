import ModelGraph

/// The same elements as a matrix: the axes before `axis` are its rows, the others its columns.
package struct Flatten: Operation, Equatable {
    /// From 0 to the rank; counted from the end when negative.
    package var axis: Int
    package init(axis: Int = 1) { self.axis = axis }
    package var name: String { "Flatten" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        guard axis >= -x.count, axis <= x.count else {
            throw GraphError(.invalidAttribute, "axis \(axis) of a tensor of rank \(x.count)")
        }
        let split = axis < 0 ? axis + x.count : axis
        guard let rows = Shape.elementCount(Array(x[..<split])), let columns = Shape.elementCount(Array(x[split...]))
        else {
            throw GraphError(.invalidShape, "the shape \(Shape(x)) is impossible")
        }
        return try Operands.result(try operands.required(0).type, [rows, columns])
    }
}
