import ModelGraph

/// Repeats a tensor along each axis. Operands: x, how often [rank].
package struct Tile: Operation, Equatable {
    package init() {}
    package var name: String { "Tile" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let repeats = try operands.integers(1) else { return nil }
        guard repeats.count == x.count, repeats.allSatisfy({ $0 >= 0 }) else {
            throw GraphError(.invalidAttribute, "the repetitions \(repeats) of shape \(Shape(x))")
        }
        var y: [Int] = []
        for (size, count) in zip(x, repeats) {
            let (product, overflow) = size.multipliedReportingOverflow(by: count)
            y.append(overflow ? Int.max : product)
        }
        return try Operands.result(try operands.required(0).type, y)
    }
}
