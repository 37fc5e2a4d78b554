import ModelGraph

/// Cuts off or adds zeros on both sides of axes until they have given extents. Operands: x, the extents.
package struct CenterCropPad: Operation, Equatable {
    /// nil for all axes.
    package var axes: [Int]?
    package init(axes: [Int]? = nil) { self.axes = axes }
    package var name: String { "CenterCropPad" }

    /// The extents of the result.
    package func extents(x: [Int], _ extents: [Int]) throws(GraphError) -> [Int] {
        let axes = self.axes ?? Array(x.indices)
        guard axes.count == extents.count else {
            throw GraphError(.invalidAttribute, "\(extents.count) extents for \(axes.count) axes")
        }
        var y = x
        for (axis, extent) in zip(axes, extents) { y[try Operands.axis(axis, rank: x.count)] = extent }
        try Operands.check(y)
        return y
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let shape = try operands.integers(1) else { return nil }
        return try Operands.result(try operands.required(0).type, try extents(x: x, shape))
    }
}
