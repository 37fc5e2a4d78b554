import ModelGraph

/// Inserts an axis of extent 1. Operands: x, axis.
package struct ExpandDimensions: Operation, Equatable {
    package init() {}
    package var name: String { "ExpandDimensions" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let axes = try operands.integers(1) else { return nil }
        guard axes.count == 1 else { throw GraphError(.invalidAttribute, "\(axes.count) axes, where one is needed") }
        var y = x
        y.insert(1, at: try Operands.axis(axes[0], rank: x.count + 1))
        return try Operands.result(try operands.required(0).type, y)
    }
}
