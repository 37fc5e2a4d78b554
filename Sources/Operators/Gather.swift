import ModelGraph

/// Parts of an axis, in the order in which indices name them. Operands: x, indices of any shape, which takes the axis'
/// place. The first `batchDimensions` axes are those of both.
package struct Gather: Operation, Equatable {
    package var axis: Int
    /// Counted from the rank of the indices when negative.
    package var batchDimensions: Int
    /// Whether indices count from the end when negative.
    package var wrapsNegatives: Bool
    package init(axis: Int = 0, batchDimensions: Int = 0, wrapsNegatives: Bool = true) {
        self.axis = axis
        self.batchDimensions = batchDimensions
        self.wrapsNegatives = wrapsNegatives
    }
    package var name: String { "Gather" }

    /// The axis, and how many axes both operands share, counted from the front.
    package func resolve(x: [Int], indices: [Int]) throws(GraphError) -> (axis: Int, batch: Int) {
        let axis = try Operands.axis(axis, rank: x.count)
        let batch = batchDimensions < 0 ? batchDimensions &+ indices.count : batchDimensions
        guard (0...min(axis, indices.count)).contains(batch), x[..<batch] == indices[..<batch] else {
            throw GraphError(
                .invalidShape, "\(batchDimensions) shared axes of shapes \(Shape(x)) and \(Shape(indices))")
        }
        return (axis, batch)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let indices = try operands.sizes(1) else { return nil }
        let (axis, batch) = try resolve(x: x, indices: indices)
        try operands.requireIndices(1, or: .int16)
        if let known = try? operands.integers(1) {
            let least = wrapsNegatives ? -x[axis] : 0
            if let wrong = known.first(where: { $0 < least || $0 >= x[axis] }) {
                throw GraphError(.invalidAttribute, "index \(wrong) of an axis of extent \(x[axis])")
            }
        }
        var y = Array(x[..<axis])
        y += indices[batch...]
        y += x[(axis + 1)...]
        return try Operands.result(try operands.required(0).type, y)
    }
}
