import ModelGraph

/// How a number becomes one of a type that cannot hold it.
package struct Narrowing: Equatable, Sendable {
    /// The direction in which a number becomes an exponent alone (float8E8M0).
    package enum Rounding: String, Sendable, CaseIterable { case up, down, nearest }

    /// Whether floating-point types of 8 bits take their largest number for what lies beyond it, and not infinity or what
    /// is no number.
    package var saturatesFloats: Bool
    /// Whether integer types take the end of their range for real numbers beyond it (LiteRT), and not the low bits of a
    /// wider integer (onnxruntime).
    package var saturatesIntegers: Bool
    package var rounding: Rounding

    package init(saturatesFloats: Bool = true, saturatesIntegers: Bool = false, rounding: Rounding = .up) {
        self.saturatesFloats = saturatesFloats
        self.saturatesIntegers = saturatesIntegers
        self.rounding = rounding
    }
}

/// The same numbers as elements of another type. Real numbers lose their fraction on the way to integers, and are rounded
/// to nearest, ties to even, on the way to narrower real ones.
package struct Cast: Operation, Equatable {
    package var type: ElementType
    package var narrowing: Narrowing

    package init(to type: ElementType, narrowing: Narrowing = Narrowing()) {
        self.type = type
        self.narrowing = narrowing
    }

    package var name: String { "Cast" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(type, x)
    }
}

/// A cast to the type of operand 1.
package struct CastLike: Operation, Equatable {
    package var narrowing: Narrowing
    package init(narrowing: Narrowing = Narrowing()) { self.narrowing = narrowing }
    package var name: String { "CastLike" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(try operands.required(1).type, x)
    }
}

/// The same bytes as elements of another type. Where the widths differ, the last axis takes or gives the difference
/// (TFLite), and an axis of the ratio of the two comes or goes.
package struct BitCast: Operation, Equatable {
    package var type: ElementType
    package init(to type: ElementType) { self.type = type }
    package var name: String { "BitCast" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard var sizes = try operands.sizes(0) else { return nil }
        let from = try operands.required(0).type
        guard let old = from.bitWidth, let new = type.bitWidth else {
            throw GraphError(.typeMismatch, "elements of type \(from) as \(type)")
        }
        if old > new, old % new == 0 {
            sizes.append(old / new)
        } else if old < new, sizes.last == new / old {
            sizes.removeLast()
        } else if old != new {
            throw GraphError(.invalidShape, "the shape \(Shape(sizes)) of type \(from) as \(type)")
        }
        return try Operands.result(type, sizes)
    }
}
