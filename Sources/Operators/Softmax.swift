import ModelGraph

/// exp(β·x) over its sum along an axis.
package struct Softmax: Operation, Equatable {
    package var beta: Float
    /// Counted from the last axis when negative.
    package var axis: Int
    /// Whether the sum is over the axes behind as well.
    package var includesInnerAxes: Bool

    package init(beta: Float = 1, axis: Int = -1, includesInnerAxes: Bool = false) {
        self.beta = beta
        self.axis = axis
        self.includesInnerAxes = includesInnerAxes
    }

    package var name: String { "Softmax" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        _ = try Operands.axis(axis, rank: x.count)
        return try Operands.result(try operands.required(0).type, x)
    }
}
