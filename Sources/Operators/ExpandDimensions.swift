import ModelGraph

/// Inserts axes of extent 1. Operands: x, axes. They are counted in the result.
package struct ExpandDimensions: Operation, Equatable {
    package init() {}
    package var name: String { "ExpandDimensions" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = inputs[0], let axes = try operands.integers(1) else { return nil }
        return try Unsqueeze(axes: axes).inferOutputs(from: [x])
    }
}
