import ModelGraph

/// Turns axes around. Operands: x, axes.
package struct Reverse: Operation, Equatable {
    package init() {}
    package var name: String { "Reverse" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0) else { return nil }
        for axis in try operands.integers(1) ?? [] { _ = try Operands.axis(axis, rank: x.count) }
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// Turns the first steps of each sequence around. Operands: x, the sequences' lengths [batch].
package struct ReverseSequence: Operation, Equatable {
    package var stepAxis: Int
    package var batchAxis: Int
    package init(stepAxis: Int, batchAxis: Int) {
        self.stepAxis = stepAxis
        self.batchAxis = batchAxis
    }
    package var name: String { "ReverseSequence" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        try operands.requireIndices(1)
        guard let x = try operands.sizes(0), let lengths = try operands.sizes(1) else { return nil }
        let (step, batch) = (
            try Operands.axis(stepAxis, rank: x.count), try Operands.axis(batchAxis, rank: x.count)
        )
        guard step != batch, lengths == [x[batch]] else {
            throw GraphError(.invalidShape, "lengths of shape \(Shape(lengths)) for shape \(Shape(x))")
        }
        return try Operands.result(try operands.required(0).type, x)
    }
}
