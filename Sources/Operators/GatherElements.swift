import ModelGraph

/// One element for each index: y[i…] = x[i…, with indices[i…] at the axis]. Operands: x, indices. Indices count from the
/// end when negative.
package struct GatherElements: Operation, Equatable {
    package var axis: Int
    package init(axis: Int = 0) { self.axis = axis }
    package var name: String { "GatherElements" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        try operands.requireIndices(1)
        guard let x = try operands.sizes(0), let indices = try operands.sizes(1) else { return nil }
        try ScatterElements.check(indices, axis: axis, within: x)
        return try Operands.result(try operands.required(0).type, indices)
    }
}
