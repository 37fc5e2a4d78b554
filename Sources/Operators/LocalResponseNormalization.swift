import ModelGraph

/// y = x / (bias + α · Σ x²)^β, the sum over neighbouring channels.
package struct LocalResponseNormalization: Operation, Equatable {
    /// How many channels are summed, the channel itself in their middle or just before it.
    package var size: Int
    /// The α of the formula, or with `dividesBySize` α · size.
    package var alpha: Float
    package var dividesBySize: Bool
    package var beta: Float
    package var bias: Float
    package var layout: TensorLayout

    package init(
        size: Int, alpha: Float, dividesBySize: Bool, beta: Float, bias: Float, layout: TensorLayout = .channelsLast
    ) {
        self.size = size
        self.alpha = alpha
        self.dividesBySize = dividesBySize
        self.beta = beta
        self.bias = bias
        self.layout = layout
    }

    package var name: String { "LRN" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        guard x.count >= 2, size > 0 else {
            throw GraphError(.invalidShape, "\(size) channels of an input of shape \(Shape(x))")
        }
        return try Operands.result(try operands.required(0).type, x)
    }
}
