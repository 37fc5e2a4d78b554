import ModelGraph

/// Where the scales of a tensor are that come as an operand.
package struct ScalePlacement: Equatable, Sendable {
    /// The axis that has a scale for each index, or for each block of indices.
    package var axis: Int
    /// 0 for none.
    package var blockSize: Int

    package init(axis: Int = 1, blockSize: Int = 0) {
        self.axis = axis
        self.blockSize = blockSize
    }

    /// How the scales of a tensor are found: element i has the one at (i / inner) mod extent, or with blocks that of its
    /// block.
    package struct Layout: Equatable, Sendable {
        package var inner: Int
        package var extent: Int
        package var blocks: Int
    }

    /// - Throws: `GraphError` if the scales' shape does not fit x's.
    package func layout(x: [Int], scales: [Int]) throws(GraphError) -> Layout {
        guard scales.count > 1 || (Shape.elementCount(scales) ?? 0) != 1 || blockSize > 0 else {
            return Layout(inner: 1, extent: 1, blocks: 1)
        }
        let axis = try Operands.axis(axis, rank: x.count)
        let inner = Shape.elementCount(Array(x[(axis + 1)...])) ?? 0
        if blockSize <= 0 {
            guard scales == [x[axis]] else {
                throw GraphError(.invalidShape, "scales of shape \(Shape(scales)) for axis \(axis) of \(Shape(x))")
            }
            return Layout(inner: inner, extent: x[axis], blocks: x[axis])
        }
        var expected = x
        expected[axis] = x[axis] / blockSize + (x[axis] % blockSize == 0 ? 0 : 1)
        guard scales == expected else {
            throw GraphError(
                .invalidShape, "scales of shape \(Shape(scales)) for blocks of \(blockSize) of \(Shape(x))")
        }
        return Layout(inner: inner, extent: x[axis], blocks: expected[axis])
    }

    fileprivate func check(_ operands: Operands) throws(GraphError) -> [Int]? {
        guard let x = try operands.sizes(0), let scales = try operands.sizes(1) else { return nil }
        _ = try layout(x: x, scales: scales)
        let isOne = Shape.elementCount(scales) == 1
        if let zero = operands.optional(2), let shape = zero.shape?.sizes, shape != scales,
            !isOne || Shape.elementCount(shape) != 1
        {
            throw GraphError(
                .invalidShape, "zero points of shape \(Shape(shape)), and scales of shape \(Shape(scales))")
        }
        return x
    }
}

/// Real numbers to numbers of few bits: x / scale, rounded to even, plus the zero point. Operands: x, scale, and
/// optionally the zero point. It stands for quantizations whose parameters a tensor cannot hold itself, or that are
/// computed.
package struct QuantizeLinear: Operation, Equatable {
    package var placement: ScalePlacement
    package var type: ElementType
    /// Whether a result of 8-bit floating point takes its largest number for what lies beyond it.
    package var saturates: Bool

    package init(_ placement: ScalePlacement, type: ElementType, saturates: Bool = true) {
        self.placement = placement
        self.type = type
        self.saturates = saturates
    }

    package var name: String { "QuantizeLinear" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try placement.check(operands) else { return nil }
        return try Operands.result(type, x)
    }
}

/// Numbers of few bits to real ones: (x − zero point) · scale. Operands: x, scale, and optionally the zero point.
package struct DequantizeLinear: Operation, Equatable {
    package var placement: ScalePlacement
    /// nil for the scale's type.
    package var type: ElementType?

    package init(_ placement: ScalePlacement, type: ElementType? = nil) {
        self.placement = placement
        self.type = type
    }

    package var name: String { "DequantizeLinear" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try placement.check(operands) else { return nil }
        let scale = try operands.required(1).type
        return try Operands.result(type ?? scale, x)
    }
}
