import ModelGraph

/// Numbers cut off at two ends. Operands: x, and optionally the lower and the upper end, of one element each. Where the
/// lower end lies above the upper one, the upper one is the result.
package struct Clip: Operation, Equatable {
    /// The ends, where they are no operands.
    package var lower: Float?
    package var upper: Float?

    package init(lower: Float? = nil, upper: Float? = nil) {
        self.lower = lower
        self.upper = upper
    }

    package var name: String { "Clip" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 3)
        guard let x = try operands.sizes(0) else { return nil }
        let type = try operands.required(0).type
        for index in 1..<3 {
            guard let bound = operands.optional(index) else { continue }
            guard bound.type == type, bound.shape?.elementCount ?? 1 == 1 else {
                throw GraphError(.invalidShape, "operand \(index) of \(name) is not one element of type \(type)")
            }
        }
        return try Operands.result(type, x)
    }
}
