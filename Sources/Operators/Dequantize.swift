import ModelGraph

/// Integers, or narrower floating-point numbers, to real numbers.
package struct Dequantize: Operation, Equatable {
    package init() {}
    package var name: String { "Dequantize" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(.float32, x)
    }
}
