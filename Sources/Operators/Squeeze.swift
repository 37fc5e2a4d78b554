import ModelGraph

/// Removes axes of extent 1: those named, or all. Operands: x, and optionally the axes.
package struct Squeeze: Operation, Equatable {
    package var axes: [Int]
    package init(axes: [Int] = []) { self.axes = axes }
    package var name: String { "Squeeze" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 2)
        guard let x = try operands.sizes(0) else { return nil }
        var axes = self.axes
        if operands.optional(1) != nil {
            guard let known = try operands.integers(1) else { return nil }
            axes = known
        }
        var isRemoved = x.map { axes.isEmpty && $0 == 1 }
        for axis in axes {
            let axis = try Operands.axis(axis, rank: x.count)
            guard x[axis] == 1 else {
                throw GraphError(.invalidShape, "axis \(axis) of shape \(Shape(x)) is not of extent 1")
            }
            isRemoved[axis] = true
        }
        return try Operands.result(try operands.required(0).type, zip(x, isRemoved).filter { !$1 }.map(\.0))
    }
}
