import ModelGraph

/// The place of the largest or smallest element along an axis. Operands: x, and the axis where it is no attribute.
package struct ArgExtremum: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case maximum, minimum }

    package var kind: Kind
    /// nil if operand 1 tells it.
    package var axis: Int?
    package var keepsDimensions: Bool
    /// Whether of several equal elements the last one counts, and not the first.
    package var selectsLast: Bool
    /// The type of the indices.
    package var type: ElementType

    package init(
        _ kind: Kind, axis: Int?, keepsDimensions: Bool = false, selectsLast: Bool = false, type: ElementType = .int64
    ) {
        self.kind = kind
        self.axis = axis
        self.keepsDimensions = keepsDimensions
        self.selectsLast = selectsLast
        self.type = type
    }

    package var name: String { kind == .maximum ? "ArgMax" : "ArgMin" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(axis == nil ? 2 : 1)
        guard var sizes = try operands.sizes(0), let axis = try operands.axis(axis, at: 1, rank: sizes.count) else {
            return nil
        }
        guard sizes[axis] > 0 else { throw GraphError(.invalidShape, "there are no elements along axis \(axis)") }
        if keepsDimensions { sizes[axis] = 1 } else { sizes.remove(at: axis) }
        return try Operands.result(type, sizes)
    }
}

/// The sum or product of all elements up to each one, along an axis. Operands: x, the axis.
package struct Cumulative: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case sum, product }

    package var kind: Kind
    /// Whether an element itself is left out of its result.
    package var isExclusive: Bool
    /// Whether it goes from the end.
    package var isReversed: Bool

    package init(_ kind: Kind, isExclusive: Bool = false, isReversed: Bool = false) {
        self.kind = kind
        self.isExclusive = isExclusive
        self.isReversed = isReversed
    }

    package var name: String { kind == .sum ? "CumSum" : "CumProd" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let sizes = try operands.sizes(0) else { return nil }
        return try Operands.result(try operands.required(0).type, sizes)
    }
}

/// The k largest or smallest elements along an axis, the best one first, and their places; of equal ones the first.
/// Operands: x, k.
package struct TopK: Operation, Equatable {
    package var axis: Int
    package var selectsSmallest: Bool
    /// Whether the results have to be sorted. They always are.
    package var isSorted: Bool
    /// The type of the indices.
    package var type: ElementType

    package init(axis: Int = -1, selectsSmallest: Bool = false, isSorted: Bool = true, type: ElementType = .int64) {
        self.axis = axis
        self.selectsSmallest = selectsSmallest
        self.isSorted = isSorted
        self.type = type
    }

    package var name: String { "TopK" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard var sizes = try operands.sizes(0), let wanted = try operands.integers(1) else { return nil }
        let axis = try Operands.axis(axis, rank: sizes.count)
        guard wanted.count == 1, wanted[0] >= 0, wanted[0] <= sizes[axis] else {
            throw GraphError(.invalidAttribute, "the best \(wanted.prefix(4)) of \(sizes[axis]) elements")
        }
        sizes[axis] = wanted[0]
        let shape = Shape(sizes)
        return [
            TensorFacts(type: try operands.required(0).type, shape: shape), TensorFacts(type: type, shape: shape),
        ]
    }
}

extension Operands {
    /// The axis that an attribute names, or else a constant operand of one element; nil if that is computed.
    func axis(_ attribute: Int?, at index: Int, rank: Int) throws(GraphError) -> Int? {
        if let attribute { return try Operands.axis(attribute, rank: rank) }
        guard let values = try integers(index) else { return nil }
        guard values.count == 1 else {
            throw GraphError(.invalidAttribute, "\(values.count) axes, where one is needed")
        }
        return try Operands.axis(values[0], rank: rank)
    }
}
