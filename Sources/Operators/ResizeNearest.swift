import ModelGraph

/// The nearest elements for a new height and width. Operands: x [N, H, W, C], size [2].
package struct ResizeNearest: Operation, Equatable {
    package var alignsCorners: Bool
    package var usesHalfPixelCenters: Bool

    package init(alignsCorners: Bool = false, usesHalfPixelCenters: Bool = false) {
        self.alignsCorners = alignsCorners
        self.usesHalfPixelCenters = usesHalfPixelCenters
    }

    package var name: String { "ResizeNearest" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let size = try operands.integers(1) else { return nil }
        guard x.count == 4, x.allSatisfy({ $0 > 0 }), size.count == 2, size.allSatisfy({ $0 > 0 }) else {
            throw GraphError(.invalidShape, "resizing an input of shape \(Shape(x)) to \(size)")
        }
        return try Operands.result(try operands.required(0).type, [x[0], size[0], size[1], x[3]])
    }
}
