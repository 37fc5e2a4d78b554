import ModelGraph

/// A convolution of bytes into int32 sums.
///
/// Operands: x and w as those of a `Convolution` with the channels first, and optionally the zero points of x (one) and of
/// w (one, or one for each output channel). Padding counts as x's zero point.
/// - Source: ONNX ConvInteger.
package struct IntegerConvolution: Operation, Equatable {
    /// What slides over x; it has no activation.
    package var convolution: Convolution

    package init(_ convolution: Convolution) { self.convolution = convolution }

    package var name: String { "IntegerConvolution" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 4)
        try operands.requireBytes()
        guard let shape = try convolution.inferOutputs(from: Array(inputs.prefix(2)))?.first?.shape,
            let w = try operands.sizes(1)
        else { return nil }
        try operands.requireZeroPoints(2, counts: [1])
        try operands.requireZeroPoints(3, counts: [1, w[0]])
        return [TensorFacts(type: .int32, shape: shape)]
    }
}

extension Operands {
    /// - Throws: `GraphError` if one of the first two operands does not hold bytes.
    func requireBytes() throws(GraphError) {
        for index in 0..<2 {
            let type = try required(index).type
            guard type == .int8 || type == .uint8 else {
                throw GraphError(.typeMismatch, "operand \(index) of \(operation) is \(type), not int8 or uint8")
            }
        }
    }

    /// - Throws: `GraphError` if there are zero points that are not of the type of the operand two before, or as many as
    ///   there cannot be.
    func requireZeroPoints(_ index: Int, counts: [Int]) throws(GraphError) {
        guard let zero = optional(index) else { return }
        guard zero.type == (try required(index - 2).type) else {
            throw GraphError(.typeMismatch, "zero points of another type than what they belong to")
        }
        guard let count = zero.shape?.elementCount, !counts.contains(count) else { return }
        throw GraphError(.invalidShape, "\(count) zero points")
    }
}
