import ModelGraph

/// Passes its operand on.
package struct Identity: Operation, Equatable {
    package init() {}
    package var name: String { "Identity" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        let x = try operands.required(0)
        return x.shape == nil ? nil : [TensorFacts(type: x.type, shape: x.shape)]
    }
}
