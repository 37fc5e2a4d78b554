import ModelGraph

/// An elementwise comparison of two operands, with broadcasting from the last axis; the result is boolean.
package struct Comparison: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    }

    package var kind: Kind
    package init(_ kind: Kind) { self.kind = kind }
    package var name: String { kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        let (a, b) = (try operands.required(0), try operands.required(1))
        guard a.type == b.type else {
            throw GraphError(.typeMismatch, "operands of type \(a.type) and \(b.type)")
        }
        guard let left = try operands.sizes(0), let right = try operands.sizes(1) else { return nil }
        return try Operands.result(.bool, Binary.broadcast(left, right))
    }
}

/// Whether each element is infinite, or no number; the result is boolean.
package struct NumberTest: Operation, Equatable {
    package var isNaN: Bool
    package var isPositiveInfinity: Bool
    package var isNegativeInfinity: Bool

    package init(isNaN: Bool = false, isPositiveInfinity: Bool = false, isNegativeInfinity: Bool = false) {
        self.isNaN = isNaN
        self.isPositiveInfinity = isPositiveInfinity
        self.isNegativeInfinity = isNegativeInfinity
    }

    package var name: String { isNaN ? "IsNaN" : "IsInf" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(.bool, x)
    }
}
