import ModelGraph

/// A reduction over axes. Operands: x, and a constant of axes.
package struct Reduce: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case mean, sum, product, max, min }

    package var kind: Kind
    package var keepsDimensions: Bool

    package init(_ kind: Kind, keepsDimensions: Bool = false) {
        self.kind = kind
        self.keepsDimensions = keepsDimensions
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

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let axes = try operands.integers(1) else { return nil }
        let mask = try Reduce.mask(axes: axes, rank: x.count)
        var y: [Int] = []
        for (size, isReduced) in zip(x, mask) where !isReduced || keepsDimensions { y.append(isReduced ? 1 : size) }
        return try Operands.result(try operands.required(0).type, y)
    }
}
