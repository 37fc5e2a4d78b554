import ModelGraph

/// An operator whose result is known as soon as the shape of its operand is.
package protocol ShapeReading: Operation {}

/// The extents of a tensor as integers, or a range of them.
package struct ShapeOf: ShapeReading, Equatable {
    package var type: ElementType
    /// The first axis, and the one behind the last; counted from the rank when negative, and cut off at the ends.
    package var start: Int
    package var end: Int?
    package init(type: ElementType = .int32, start: Int = 0, end: Int? = nil) {
        self.type = type
        self.start = start
        self.end = end
    }
    package var name: String { "Shape" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        func place(_ axis: Int) -> Int { max(0, min(x.count, axis < 0 ? axis &+ x.count : axis)) }
        let (first, last) = (place(start), place(end ?? x.count))
        let extents = first < last ? Array(x[first..<last]) : []
        return [try Operands.constant(extents, type, [extents.count])]
    }
}

/// The number of elements of a tensor, int64 [].
package struct SizeOf: ShapeReading, Equatable {
    package init() {}
    package var name: String { "Size" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0), let count = Shape.elementCount(x) else { return nil }
        return [try Operands.constant([count], .int64, [])]
    }
}

/// The number of axes of a tensor, int32 [].
package struct RankOf: ShapeReading, Equatable {
    package init() {}
    package var name: String { "Rank" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return [try Operands.constant([x.count], .int32, [])]
    }
}

extension Operands {
    /// A constant of whole numbers.
    static func constant(_ values: [Int], _ type: ElementType, _ shape: Shape) throws(GraphError) -> TensorFacts {
        switch type {
        case .int32:
            let data = TensorData(values.map { Int32(truncatingIfNeeded: $0) })
            return TensorFacts(type: type, shape: shape, constant: data)
        case .int64: return TensorFacts(type: type, shape: shape, constant: TensorData(values.map(Int64.init)))
        default: throw GraphError(.typeMismatch, "extents of type \(type), where int32 or int64 is needed")
        }
    }
}
