import ModelGraph

/// Real numbers to integers, or integers to integers of another scale, as the result's quantization says.
///
/// The result has the operand's shape. Its type is the one that the graph gives it, which an operator does not see.
package struct Quantize: Operation, Equatable {
    package init() {}
    package var name: String { "Quantize" }

    /// The type and shape rule, which can only guess the type: int8.
    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(.int8, x)
    }
}
