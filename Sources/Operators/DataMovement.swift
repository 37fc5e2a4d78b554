import ModelGraph

/// Removes axes of extent 1: those named, or all.
package struct Squeeze: Operation, Equatable {
    package var axes: [Int]
    package init(axes: [Int] = []) { self.axes = axes }
    package var name: String { "Squeeze" }
}

/// Inserts an axis of extent 1. Operands: x, axis.
package struct ExpandDimensions: Operation, Equatable {
    package init() {}
    package var name: String { "ExpandDimensions" }
}

/// Joins tensors along an axis.
package struct Concatenation: Operation, Equatable {
    /// Counted from the last axis when negative.
    package var axis: Int
    package var activation: Activation
    package init(axis: Int, activation: Activation = .none) {
        self.axis = axis
        self.activation = activation
    }
    package var name: String { "Concatenation" }
}

/// Adds elements around a tensor. Operands: x, amounts [rank, 2], and optionally the value (real zero otherwise).
package struct Pad: Operation, Equatable {
    package init() {}
    package var name: String { "Pad" }
}

/// Permutes axes. Operands: x, permutation.
package struct Transpose: Operation, Equatable {
    package init() {}
    package var name: String { "Transpose" }
}

/// The extents of a tensor as integers.
package struct ShapeOf: Operation, Equatable {
    package var type: ElementType
    package init(type: ElementType = .int32) { self.type = type }
    package var name: String { "Shape" }
}

/// Joins tensors along a new axis.
package struct Pack: Operation, Equatable {
    package var axis: Int
    package init(axis: Int) { self.axis = axis }
    package var name: String { "Pack" }
}

/// A strided part of a tensor. Operands: x, begin, end, strides. A mask's bit k speaks of entry k of the operands.
package struct StridedSlice: Operation, Equatable {
    package var beginMask: Int
    package var endMask: Int
    package var ellipsisMask: Int
    package var newAxisMask: Int
    package var shrinkAxisMask: Int
    /// Whether `end` counts from `begin`.
    package var offset: Bool
    package init(
        beginMask: Int = 0, endMask: Int = 0, ellipsisMask: Int = 0, newAxisMask: Int = 0, shrinkAxisMask: Int = 0,
        offset: Bool = false
    ) {
        self.beginMask = beginMask
        self.endMask = endMask
        self.ellipsisMask = ellipsisMask
        self.newAxisMask = newAxisMask
        self.shrinkAxisMask = shrinkAxisMask
        self.offset = offset
    }
    package var name: String { "StridedSlice" }
}
