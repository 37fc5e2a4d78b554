import ModelGraph

/// Parts of x named by tuples of indices: y[b…, n…] = x[b…, indices[b…, n…, :]]. Operands: x, indices.
package struct GatherND: Operation, Equatable {
    /// The first axes that both operands share.
    package var batchDimensions: Int
    /// Whether indices count from the end when negative.
    package var wrapsNegatives: Bool
    package init(batchDimensions: Int = 0, wrapsNegatives: Bool = true) {
        self.batchDimensions = batchDimensions
        self.wrapsNegatives = wrapsNegatives
    }
    package var name: String { "GatherND" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        try operands.requireIndices(1, or: .int16)
        guard let x = try operands.sizes(0), let indices = try operands.sizes(1) else { return nil }
        guard let depth = indices.last, batchDimensions >= 0, batchDimensions < indices.count,
            batchDimensions <= x.count, x[..<batchDimensions] == indices[..<batchDimensions],
            depth <= x.count - batchDimensions
        else {
            throw GraphError(.invalidShape, "indices of shape \(Shape(indices)) into shape \(Shape(x))")
        }
        return try Operands.result(
            try operands.required(0).type, indices.dropLast() + x[(batchDimensions + depth)...])
    }
}
