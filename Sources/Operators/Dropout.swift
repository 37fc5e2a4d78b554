import ModelGraph

/// Drops elements at random while training, and otherwise passes them through.
///
/// Operands: x, and optionally the ratio, and whether this is training. Results: y, and which elements were kept.
package struct Dropout: Operation, Equatable {
    package var seed: Int
    package init(seed: Int = 0) { self.seed = seed }
    package var name: String { "Dropout" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 3)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(try operands.required(0).type, x) + Operands.result(.bool, x)
    }
}
