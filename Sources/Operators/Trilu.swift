import ModelGraph

/// Keeps the upper or lower part of matrices and clears the rest. Operands: x [.., rows, columns], and optionally how far
/// the diagonal lies right of the main one (int64).
package struct Trilu: Operation, Equatable {
    package var isUpper: Bool
    package init(isUpper: Bool = true) { self.isUpper = isUpper }
    package var name: String { "Trilu" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 2)
        if let diagonal = operands.optional(1), diagonal.type != .int64 || diagonal.shape?.elementCount ?? 1 != 1 {
            throw GraphError(.typeMismatch, "a diagonal that is not one int64")
        }
        guard let x = try operands.sizes(0) else { return nil }
        guard x.count >= 2 else { throw GraphError(.invalidShape, "a tensor of shape \(Shape(x)) has no matrices") }
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// Matrices with given diagonals and zeros elsewhere. Operand: diagonals [.., n].
package struct MatrixDiagonal: Operation, Equatable {
    package init() {}
    package var name: String { "MatrixDiagonal" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        guard let last = x.last else { throw GraphError(.invalidShape, "a scalar is no diagonal") }
        return try Operands.result(try operands.required(0).type, x + [last])
    }
}

/// Matrices with their diagonals replaced. Operands: x [.., rows, columns], diagonals [.., min(rows, columns)].
package struct MatrixSetDiagonal: Operation, Equatable {
    package init() {}
    package var name: String { "MatrixSetDiagonal" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let diagonal = try operands.sizes(1) else { return nil }
        let type = try operands.required(0).type
        guard x.count >= 2, diagonal == x.dropLast(2) + [min(x[x.count - 1], x[x.count - 2])],
            try operands.required(1).type == type
        else {
            throw GraphError(.invalidShape, "diagonals of shape \(Shape(diagonal)) in shape \(Shape(x))")
        }
        return try Operands.result(type, x)
    }
}
