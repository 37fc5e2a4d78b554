import ModelGraph

/// Repeats a tensor along its axes of extent 1, and new ones in front, as in elementwise operators. Operands: x, a shape.
package struct Expand: Operation, Equatable {
    package init() {}
    package var name: String { "Expand" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let shape = try operands.integers(1) else { return nil }
        let rank = max(x.count, shape.count)
        let left = Array(repeating: 1, count: rank - x.count) + x
        let right = Array(repeating: 1, count: rank - shape.count) + shape
        guard zip(left, right).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else {
            throw GraphError(.invalidShape, "shape \(Shape(x)) does not broadcast to \(Shape(shape))")
        }
        return try Operands.result(try operands.required(0).type, zip(left, right).map { $0 == 1 ? $1 : $0 })
    }
}
