import ModelGraph

/// A sparse constant with all its elements. Whoever reads the constant sees them already.
package struct Densify: Operation, Equatable {
    package init() {}
    package var name: String { "Densify" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(try operands.required(0).type, x)
    }
}
