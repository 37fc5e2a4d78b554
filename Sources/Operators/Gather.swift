import ModelGraph

/// Parts of an axis, in the order in which indices name them. Operands: x, indices of any shape, which takes the axis'
/// place. Indices count from the end when negative.
package struct Gather: Operation, Equatable {
    package var axis: Int
    package init(axis: Int = 0) { self.axis = axis }
    package var name: String { "Gather" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let indices = try operands.sizes(1) else { return nil }
        let axis = try Operands.axis(axis, rank: x.count)
        if let known = try operands.integers(1), let wrong = known.first(where: { $0 < -x[axis] || $0 >= x[axis] }) {
            throw GraphError(.invalidAttribute, "index \(wrong) of an axis of extent \(x[axis])")
        }
        return try Operands.result(try operands.required(0).type, x[..<axis] + indices + x[(axis + 1)...])
    }
}
