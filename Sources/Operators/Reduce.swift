import ModelGraph

/// A reduction over axes. Operands: x, and optionally the axes.
package struct Reduce: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case mean, sum, product, max, min
        /// Σ|x|, √Σx², Σx²
        case l1, l2, sumOfSquares
        case logSum, logSumExp
        /// Of booleans.
        case any, all
    }

    package var kind: Kind
    package var keepsDimensions: Bool
    /// Whether no axes, or an empty list of them, are all axes (ONNX), and not none.
    package var reducesAllWithoutAxes: Bool

    package init(_ kind: Kind, keepsDimensions: Bool = false, reducesAllWithoutAxes: Bool = false) {
        self.kind = kind
        self.keepsDimensions = keepsDimensions
        self.reducesAllWithoutAxes = reducesAllWithoutAxes
    }

    package var name: String { "Reduce" + kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() }

    /// Whether each axis is reduced. An axis may be named twice.
    ///
    /// - Throws: `GraphError` if an axis is out of range.
    package static func mask(axes: [Int], rank: Int) throws(GraphError) -> [Bool] {
        var mask = Array(repeating: false, count: rank)
        for axis in axes { mask[try Operands.axis(axis, rank: rank)] = true }
        return mask
    }

    /// Whether each axis is reduced.
    ///
    /// - Throws: `GraphError` if an axis is out of range.
    package func mask(axes: [Int]?, rank: Int) throws(GraphError) -> [Bool] {
        guard let axes, !axes.isEmpty || !reducesAllWithoutAxes else {
            return Array(repeating: reducesAllWithoutAxes, count: rank)
        }
        return try Reduce.mask(axes: axes, rank: rank)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 2)
        guard let x = try operands.sizes(0) else { return nil }
        var axes: [Int]?
        if operands.optional(1) != nil {
            guard let known = try operands.integers(1) else { return nil }
            axes = known
        }
        let mask = try mask(axes: axes, rank: x.count)
        var y: [Int] = []
        for (size, isReduced) in zip(x, mask) where !isReduced || keepsDimensions { y.append(isReduced ? 1 : size) }
        return try Operands.result(try operands.required(0).type, y)
    }
}
