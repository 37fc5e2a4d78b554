import ModelGraph

/// Takes a tensor apart along an axis, which the parts do not have.
package struct Unpack: Operation, Equatable {
    package var axis: Int
    package var count: Int
    package init(axis: Int, count: Int) {
        self.axis = axis
        self.count = count
    }
    package var name: String { "Unpack" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard var y = try operands.sizes(0) else { return nil }
        let extent = y.remove(at: try Operands.axis(axis, rank: y.count))
        guard extent == count else { throw GraphError(.invalidShape, "\(count) parts of an axis of extent \(extent)") }
        let result = try Operands.result(try operands.required(0).type, y)
        return Array(repeating: result[0], count: count)
    }
}
