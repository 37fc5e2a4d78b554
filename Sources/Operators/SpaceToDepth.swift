import ModelGraph

/// Moves blocks of pixels into the channels of one pixel. The channels of a block's pixels stand one behind the other.
package struct SpaceToDepth: Operation, Equatable {
    package var block: Int
    package var layout: TensorLayout
    package var order: BlockOrder
    package init(block: Int, layout: TensorLayout, order: BlockOrder = .pixelsFirst) {
        self.block = block
        self.layout = layout
        self.order = order
    }
    package var name: String { "SpaceToDepth" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard var x = try operands.sizes(0) else { return nil }
        let axes = try layout.blockAxes(x, block: block)
        for axis in axes.spatial {
            guard x[axis].isMultiple(of: block) else {
                throw GraphError(.invalidShape, "blocks of \(block) in shape \(Shape(x))")
            }
            x[axis] /= block
        }
        x[axes.channel] *= block * block
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// Spreads the channels of each pixel over a block of pixels.
package struct DepthToSpace: Operation, Equatable {
    package var block: Int
    package var layout: TensorLayout
    package var order: BlockOrder
    package init(block: Int, layout: TensorLayout, order: BlockOrder = .pixelsFirst) {
        self.block = block
        self.layout = layout
        self.order = order
    }
    package var name: String { "DepthToSpace" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard var x = try operands.sizes(0) else { return nil }
        let axes = try layout.blockAxes(x, block: block)
        guard x[axes.channel].isMultiple(of: block * block) else {
            throw GraphError(.invalidShape, "blocks of \(block) from shape \(Shape(x))")
        }
        x[axes.channel] /= block * block
        for axis in axes.spatial { x[axis] *= block }
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// How the channels of a block stand.
package enum BlockOrder: String, Sendable, Hashable {
    /// All channels of the first pixel, then those of the next one (ONNX: DCR).
    case pixelsFirst = "DCR"
    /// All pixels of the first channel, then those of the next one (ONNX: CRD).
    case channelsFirst = "CRD"
}

extension TensorLayout {
    /// The axes that blocks are made of.
    fileprivate func blockAxes(_ x: [Int], block: Int) throws(GraphError) -> (spatial: Range<Int>, channel: Int) {
        guard x.count == 4, block > 0, block < 1 << 15 else {
            throw GraphError(.invalidAttribute, "blocks of \(block) in shape \(Shape(x))")
        }
        return (spatialAxes(rank: 4), channelAxis(rank: 4))
    }
}
