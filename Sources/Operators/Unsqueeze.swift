import ModelGraph

/// Inserts axes of extent 1.
package struct Unsqueeze: Operation, Equatable {
    /// Axes of the result; counted from its last one when negative.
    package var axes: [Int]
    package init(axes: [Int]) { self.axes = axes }
    package var name: String { "Unsqueeze" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        let rank = x.count + axes.count
        var isNew = Array(repeating: false, count: rank)
        for axis in axes { isNew[try Operands.axis(axis, rank: rank)] = true }
        guard isNew.count(where: { $0 }) == axes.count else {
            throw GraphError(.invalidAttribute, "an axis is inserted twice: \(axes)")
        }
        var rest = x[...]
        return try Operands.result(try operands.required(0).type, isNew.map { $0 ? 1 : rest.removeFirst() })
    }
}
