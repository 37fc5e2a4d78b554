import ModelGraph

/// Adds elements around a tensor, or cuts some off where an amount is negative: every kind of padding but the plain one,
/// which is `Pad`. Operands: x, amounts, and optionally the value (real zero otherwise) and the axes that the amounts are
/// of (all otherwise).
package struct GeneralPad: Operation, Equatable {
    package enum Mode: String, Sendable, Hashable {
        case constant, reflect, symmetric, edge, wrap
    }

    package enum Order: Sendable, Hashable {
        /// [rank, 2]: before and behind each axis.
        case pairs
        /// [2 · rank]: before each axis, then behind each.
        case beginsThenEnds
    }

    package var mode: Mode
    package var order: Order
    package init(_ mode: Mode, order: Order) {
        self.mode = mode
        self.order = order
    }
    package var name: String { "Pad" }

    /// The amounts before and behind each axis; nil if they are not known.
    package func amounts(from inputs: [TensorFacts?]) throws(GraphError) -> [Padding.Amount]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 4)
        guard let x = try operands.sizes(0), let values = try operands.integers(1) else { return nil }
        var axes = Array(x.indices)
        if operands.optional(3) != nil {
            guard let given = try operands.integers(3) else { return nil }
            axes = []
            for axis in given { axes.append(try Operands.axis(axis, rank: x.count)) }
        }
        let limit = Int(Int32.max)
        guard values.count == 2 * axes.count, values.allSatisfy({ (-limit...limit).contains($0) }) else {
            throw GraphError(.invalidAttribute, "the padding \(values.prefix(16)) of \(axes.count) axes")
        }
        var amounts = x.map { _ in Padding.Amount(before: 0, after: 0) }
        for (entry, axis) in axes.enumerated() {
            let first = order == .pairs ? 2 * entry : entry
            amounts[axis] = Padding.Amount(
                before: values[first], after: values[order == .pairs ? first + 1 : first + axes.count])
        }
        return amounts
    }

    /// For each position of a padded axis the one of x that it repeats; -1 for the value.
    ///
    /// - Throws: `GraphError` if the mode has no element to repeat.
    package func places(size: Int, _ amount: Padding.Amount) throws(GraphError) -> [Int] {
        let (first, last) = (max(0, -amount.before), size - max(0, -amount.after))
        let length = max(0, last - first)
        let count = size + amount.before + amount.after
        let added = max(amount.before, amount.after)
        let most: Int =
            switch mode {
            case .constant: .max
            case .reflect: length - 1
            case .symmetric: length
            case .edge, .wrap: length == 0 ? 0 : .max
            }
        guard added <= 0 || added <= most else {
            throw GraphError(.invalidAttribute, "\(added) elements of padding beside \(length)")
        }
        return (0..<max(0, count)).map { position in
            let inside = position - max(0, amount.before)
            if (0..<length).contains(inside) { return first + inside }
            switch mode {
            case .constant: return -1
            case .reflect: return first + (inside < 0 ? -inside : 2 * (length - 1) - inside)
            case .symmetric: return first + (inside < 0 ? -inside - 1 : 2 * length - 1 - inside)
            case .edge: return inside < 0 ? first : last - 1
            case .wrap: return first + ((inside % length) + length) % length
            }
        }
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let amounts = try amounts(from: inputs) else { return nil }
        let operands = Operands(inputs, of: name)
        guard let x = try operands.sizes(0) else { return nil }
        let type = try operands.required(0).type
        if let value = operands.optional(2), value.type != type || value.shape?.elementCount ?? 1 != 1 {
            throw GraphError(.typeMismatch, "the padding value is not one element of type \(type)")
        }
        return try Operands.result(type, zip(x, amounts).map { $0 + $1.before + $1.after })
    }
}
