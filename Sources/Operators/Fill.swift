import ModelGraph

/// A tensor of one value. Operands: its shape, the value.
package struct Fill: Operation, Equatable {
    package init() {}
    package var name: String { "Fill" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        let value = try operands.required(1)
        guard value.shape?.elementCount ?? 1 == 1 else {
            throw GraphError(.invalidShape, "a value of shape \(value.shape?.description ?? "")")
        }
        guard let shape = try operands.integers(0) else { return nil }
        return try Operands.result(value.type, shape)
    }
}

/// Ones on a diagonal, zeros elsewhere. Operand: a matrix of the result's shape.
package struct EyeLike: Operation, Equatable {
    /// nil for that of the operand.
    package var type: ElementType?
    /// How far the diagonal lies right of the main one.
    package var diagonal: Int
    package init(type: ElementType? = nil, diagonal: Int = 0) {
        self.type = type
        self.diagonal = diagonal
    }
    package var name: String { "EyeLike" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        guard x.count == 2 else { throw GraphError(.invalidShape, "a tensor of shape \(Shape(x)) is no matrix") }
        let own = try operands.required(0).type
        return try Operands.result(type ?? own, x)
    }
}
