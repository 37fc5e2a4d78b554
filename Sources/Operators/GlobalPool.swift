import ModelGraph

/// The mean, the largest element or the norm over all spatial axes, which stay with an extent of 1.
package struct GlobalPool: Operation, Equatable {
    package var kind: Pool.Kind
    /// The norm's p.
    package var order: Int
    package var layout: TensorLayout

    package init(_ kind: Pool.Kind, order: Int = 2, layout: TensorLayout = .channelsLast) {
        self.kind = kind
        self.order = order
        self.layout = layout
    }

    package var name: String { "Global\(pool(x: []).name)" }

    /// The pool of one window over all of an input.
    package func pool(x: [Int]) -> Pool {
        let window = x.count >= 3 ? layout.spatialAxes(rank: x.count).map { x[$0] } : []
        return Pool(kind, window: window, strides: window.map { _ in 1 }, order: order, layout: layout)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        guard x.count >= 3, order > 0 else {
            throw GraphError(.invalidShape, "no spatial axis in the shape \(Shape(x))")
        }
        var y = x
        for axis in layout.spatialAxes(rank: x.count) { y[axis] = 1 }
        return try Operands.result(try operands.required(0).type, y)
    }
}
