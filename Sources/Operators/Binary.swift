import ModelGraph

/// An elementwise operator of two operands, with broadcasting from the last axis.
///
/// Sums and products of integers wrap, quotients are cut off towards zero, and a division by zero gives 0.
package struct Binary: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case add, subtract, multiply, divide, maximum, minimum, squaredDifference, floorDivide
        /// The result has the base's type; the exponent may have another one.
        case power
        /// What a division rounded down leaves: it has the divisor's sign.
        case floorModulo
        /// What a division cut off towards zero leaves: it has the dividend's sign.
        case remainder
        /// The angle of the point (b, a).
        case arcTangent
        /// Of bits, or of booleans.
        case and, or, exclusiveOr
        /// A shift by the type's width or more leaves zeros, or signs.
        case shiftLeft, shiftRight
        /// a where it is not negative, and a · b where it is; b broadcasts to a.
        case leakyRelu
    }

    package var kind: Kind
    package var activation: Activation

    package init(_ kind: Kind, activation: Activation = .none) {
        self.kind = kind
        self.activation = activation
    }

    package var name: String { kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() }

    /// The shape that two shapes broadcast to.
    ///
    /// - Throws: `GraphError` if two extents differ and neither is 1.
    package static func broadcast(_ a: [Int], _ b: [Int]) throws(GraphError) -> [Int] {
        let rank = max(a.count, b.count)
        var sizes: [Int] = []
        for axis in 0..<rank {
            let left = axis < rank - a.count ? 1 : a[axis - (rank - a.count)]
            let right = axis < rank - b.count ? 1 : b[axis - (rank - b.count)]
            guard left == right || left == 1 || right == 1 else {
                throw GraphError(.invalidShape, "the shapes \(Shape(a)) and \(Shape(b)) do not broadcast")
            }
            sizes.append(left == 1 ? right : left)
        }
        return sizes
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        let (a, b) = (try operands.required(0), try operands.required(1))
        guard a.type == b.type || kind == .power else {
            throw GraphError(.typeMismatch, "operands of type \(a.type) and \(b.type)")
        }
        guard let left = try operands.sizes(0), let right = try operands.sizes(1) else { return nil }
        return try Operands.result(a.type, Binary.broadcast(left, right))
    }
}
