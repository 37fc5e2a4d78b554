import ModelGraph

/// Rotates pairs of each head's elements by angles that depend on the position.
///
/// Operands: x [B, H, T, E] or [B, T, H·E], cosines and sines [P, R/2] with positions int64 [B, T], or [B, T, R/2]
/// without. R is the part of E that is rotated.
package struct RotaryEmbedding: Operation, Equatable {
    /// Whether a pair stands side by side, and not half of R apart.
    package var isInterleaved: Bool
    /// 0 for operands of rank 4.
    package var heads: Int
    /// 0 for all of a head.
    package var rotatedSize: Int

    package init(isInterleaved: Bool = false, heads: Int = 0, rotatedSize: Int = 0) {
        self.isInterleaved = isInterleaved
        self.heads = heads
        self.rotatedSize = rotatedSize
    }

    package var name: String { "RotaryEmbedding" }

    /// Batch, steps, heads and the size of one head.
    ///
    /// - Throws: `GraphError` if the heads do not fit x.
    package func extents(x: [Int]) throws(GraphError) -> [Int] {
        if x.count == 4 { return [x[0], x[2], x[1], x[3]] }
        guard x.count == 3, heads > 0, x[2].isMultiple(of: heads) else {
            throw GraphError(.invalidShape, "\(heads) heads in a tensor of shape \(Shape(x))")
        }
        return [x[0], x[1], heads, x[2] / heads]
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: 4)
        guard let x = try operands.sizes(0), let cosines = try operands.sizes(1), let sines = try operands.sizes(2)
        else { return nil }
        let e = try extents(x: x)
        let rotated = rotatedSize == 0 ? e[3] : rotatedSize
        let hasPositions = operands.optional(3) != nil
        try operands.require(3, [e[0], e[1]], type: .int64)
        guard rotated > 0, rotated <= e[3], rotated.isMultiple(of: 2), cosines == sines,
            cosines.count == (hasPositions ? 2 : 3), cosines.last == rotated / 2,
            hasPositions ? cosines[0] > 0 : cosines[..<2] == [e[0], e[1]]
        else {
            throw GraphError(
                .invalidShape, "a rotation of \(rotated) of \(e[3]) elements by angles of shape \(Shape(cosines))")
        }
        return try Operands.result(try operands.required(0).type, x)
    }
}
