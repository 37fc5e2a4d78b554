import ModelGraph

/// Adds up blocks that stand in columns. Operands: x [N, C · block, columns], the image's extents, the block's extents.
package struct ColumnsToImage: Operation, Equatable {
    /// One for each spatial axis; all 1 if empty.
    package var strides: [Int]
    package var dilations: [Int]
    /// Before each axis, then behind each; all 0 if empty.
    package var padding: [Int]
    package init(strides: [Int] = [], dilations: [Int] = [], padding: [Int] = []) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
    }
    package var name: String { "Col2Im" }

    /// One spatial axis.
    package struct Axis: Sendable, Equatable {
        package var image, block, columns, stride, dilation, before: Int
    }

    /// The geometry; nil if it is not known.
    package func axes(from inputs: [TensorFacts?]) throws(GraphError) -> [Axis]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        guard let x = try operands.sizes(0), let image = try operands.integers(1), let block = try operands.integers(2)
        else { return nil }
        let rank = image.count
        let strides = self.strides.isEmpty ? image.map { _ in 1 } : self.strides
        let dilations = self.dilations.isEmpty ? image.map { _ in 1 } : self.dilations
        let padding = self.padding.isEmpty ? (image + image).map { _ in 0 } : self.padding
        let positive = 1...Int(Int32.max)
        guard rank > 0, x.count == 3, block.count == rank, strides.count == rank, dilations.count == rank,
            padding.count == 2 * rank, (image + block + strides + dilations).allSatisfy(positive.contains),
            padding.allSatisfy({ (0...positive.upperBound).contains($0) })
        else {
            throw GraphError(.invalidAttribute, "blocks of shape \(Shape(block)) in an image of shape \(Shape(image))")
        }
        var axes: [Axis] = []
        for axis in 0..<rank {
            let reach = dilations[axis] * (block[axis] - 1) + 1
            let room = image[axis] + padding[axis] + padding[rank + axis] - reach
            guard room >= 0 else { throw GraphError(.invalidShape, "the blocks are larger than the image") }
            axes.append(
                Axis(
                    image: image[axis], block: block[axis], columns: room / strides[axis] + 1, stride: strides[axis],
                    dilation: dilations[axis], before: padding[axis]))
        }
        guard let taps = Shape.elementCount(block), let columns = Shape.elementCount(axes.map(\.columns)),
            x[1].isMultiple(of: taps), x[2] == columns
        else {
            throw GraphError(.invalidShape, "columns of shape \(Shape(x)) for blocks of shape \(Shape(block))")
        }
        return axes
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let axes = try axes(from: inputs) else { return nil }
        let operands = Operands(inputs, of: name)
        guard let x = try operands.sizes(0), let taps = Shape.elementCount(axes.map(\.block)) else { return nil }
        return try Operands.result(try operands.required(0).type, [x[0], x[1] / taps] + axes.map(\.image))
    }
}
