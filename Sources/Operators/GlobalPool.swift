import ModelGraph

/// The mean or the largest element over all spatial axes, which stay with an extent of 1.
package struct GlobalPool: Operation, Equatable {
    package var kind: Pool.Kind
    package var layout: TensorLayout

    package init(_ kind: Pool.Kind, layout: TensorLayout = .channelsLast) {
        self.kind = kind
        self.layout = layout
    }

    package var name: String { kind == .average ? "GlobalAveragePool" : "GlobalMaxPool" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        guard x.count >= 3 else { throw GraphError(.invalidShape, "no spatial axis in the shape \(Shape(x))") }
        var y = x
        for axis in layout.spatialAxes(rank: x.count) { y[axis] = 1 }
        return try Operands.result(try operands.required(0).type, y)
    }
}
