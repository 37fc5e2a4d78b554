import ModelGraph

/// Real numbers to uint8 by the range that they have.
///
///     scale = (max(0, max x) − min(0, min x)) / 255          zero point = round(−min(0, min x) / scale)
///
/// Results: the integers, their scale, and their zero point.
/// - Source: ONNX DynamicQuantizeLinear.
package struct DynamicQuantize: Operation, Equatable {
    package init() {}
    package var name: String { "DynamicQuantize" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        let scalar: Shape = []
        return try Operands.result(.uint8, x) + [
            TensorFacts(type: .float32, shape: scalar), TensorFacts(type: .uint8, shape: scalar),
        ]
    }
}
