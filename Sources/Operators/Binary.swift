import ModelGraph

/// An elementwise operator of two operands, with broadcasting from the last axis.
package struct Binary: Operation, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case add, subtract, multiply, divide, maximum, minimum, power, squaredDifference, floorDivide, floorModulo
    }

    package var kind: Kind
    package var activation: Activation

    package init(_ kind: Kind, activation: Activation = .none) {
        self.kind = kind
        self.activation = activation
    }

    package var name: String { kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst() }
}
