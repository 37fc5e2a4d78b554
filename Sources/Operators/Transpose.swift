import ModelGraph

/// Permutes axes. Operands: x, permutation.
package struct Transpose: Operation, Equatable {
    package init() {}
    package var name: String { "Transpose" }

    /// The axis of x that becomes each axis of the result.
    ///
    /// - Throws: `GraphError` if some axis is missing or out of range.
    package static func permutation(_ values: [Int], rank: Int) throws(GraphError) -> [Int] {
        var isSeen = Array(repeating: false, count: rank)
        var axes: [Int] = []
        for value in values {
            let axis = try Operands.axis(value, rank: rank)
            isSeen[axis] = true
            axes.append(axis)
        }
        guard axes.count == rank, !isSeen.contains(false) else {
            throw GraphError(.invalidAttribute, "the permutation \(values) of \(rank) axes")
        }
        return axes
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let values = try operands.integers(1) else { return nil }
        let permutation = try Transpose.permutation(values, rank: x.count)
        return try Operands.result(try operands.required(0).type, permutation.map { x[$0] })
    }
}
