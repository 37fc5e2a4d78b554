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
}
