import ModelGraph

/// The same elements under another shape. Operands: x, and optionally the new shape, which wins over the attribute.
package struct Reshape: Operation, Equatable {
    /// May hold one -1, which takes what is left.
    package var shape: [Int]?
    /// Whether a 0 takes x's extent at the same place (ONNX), and is not an extent of 0 (TFLite).
    package var copiesZeros: Bool

    package init(shape: [Int]? = nil, copiesZeros: Bool = false) {
        self.shape = shape
        self.copiesZeros = copiesZeros
    }

    package var name: String { "Reshape" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 2)
        guard let x = try operands.sizes(0), let count = Shape.elementCount(x) else { return nil }
        let type = try operands.required(0).type
        var wanted: [Int]
        if operands.optional(1) != nil {
            guard let constant = try operands.integers(1) else { return nil }
            wanted = constant
        } else if let shape {
            wanted = shape
        } else {
            throw GraphError(.invalidAttribute, "neither an operand nor an attribute holds the new shape")
        }
        if copiesZeros {
            for (index, size) in wanted.enumerated() where size == 0 && index < x.count { wanted[index] = x[index] }
        }
        return try Operands.result(type, Reshape.resolve(wanted, count: count))
    }

    /// `shape` with the one -1 that it may hold filled in.
    ///
    /// - Throws: `GraphError` if `count` elements do not fit the shape.
    static func resolve(_ shape: [Int], count: Int) throws(GraphError) -> [Int] {
        let open = shape.indices.filter { shape[$0] == -1 }
        var sizes = shape
        if open.count == 1, let known = Shape.elementCount(shape.filter { $0 != -1 }), known > 0, count % known == 0 {
            sizes[open[0]] = count / known
        }
        guard Shape.elementCount(sizes) == count else {
            throw GraphError(.invalidShape, "\(count) elements do not fit the shape \(Shape(shape))")
        }
        return sizes
    }
}
