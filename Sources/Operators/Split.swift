import ModelGraph

/// Cuts a tensor into parts along an axis.
package struct Split: Operation, Equatable {
    package enum Form: Sendable, Hashable {
        /// Operands: x, and optionally the parts' extents.
        case axis(Int)
        /// Operands: the axis, x. The parts are equal.
        case leadingAxis
        /// Operands: x, the parts' extents (one may be -1: the rest), the axis.
        case trailingAxis
    }

    package var form: Form
    package var count: Int
    /// Without extents, the last part takes what an even division leaves, if that is allowed.
    package var allowsSmallerLast: Bool
    package init(_ form: Form, count: Int, allowsSmallerLast: Bool = false) {
        self.form = form
        self.count = count
        self.allowsSmallerLast = allowsSmallerLast
    }
    package var name: String { "Split" }

    /// Which operand is cut.
    package var operandIndex: Int { form == .leadingAxis ? 1 : 0 }

    /// The axis, and the extents of the parts.
    ///
    /// - Returns: nil if they are not known.
    /// - Throws: `GraphError` if the parts are not all of the axis.
    package func resolve(from inputs: [TensorFacts?]) throws(GraphError) -> (axis: Int, parts: [Int])? {
        let operands = Operands(inputs, of: name)
        guard let x = try operands.sizes(operandIndex) else { return nil }
        var axis: Int
        var extents: [Int]?
        switch form {
        case .axis(let attribute):
            try operands.requireCount(1, upTo: 2)
            axis = attribute
            if operands.optional(1) != nil {
                guard let known = try operands.integers(1) else { return nil }
                extents = known
            }
        case .leadingAxis:
            try operands.requireCount(2)
            guard let known = try operands.integers(0)?.first else { return nil }
            axis = known
        case .trailingAxis:
            try operands.requireCount(3)
            guard let known = try operands.integers(2)?.first, let parts = try operands.integers(1) else { return nil }
            (axis, extents) = (known, parts)
        }
        axis = try Operands.axis(axis, rank: x.count)
        let size = x[axis]
        guard count > 0, count <= 1 << 20 else { throw GraphError(.invalidAttribute, "\(count) parts") }
        guard var parts = extents else {
            guard size.isMultiple(of: count) || allowsSmallerLast else {
                throw GraphError(.invalidShape, "\(count) equal parts of an axis of extent \(size)")
            }
            let part = (size + count - 1) / count
            let last = size - part * (count - 1)
            guard last >= 0 else { throw GraphError(.invalidShape, "\(count) parts of an axis of extent \(size)") }
            return (axis, Array(repeating: part, count: count - 1) + [last])
        }
        guard parts.count == count, parts.allSatisfy({ (-1...size).contains($0) }),
            parts.count(where: { $0 < 0 }) <= (form == .trailingAxis ? 1 : 0)
        else {
            throw GraphError(.invalidAttribute, "the parts \(parts.prefix(16)) of an axis of extent \(size)")
        }
        // Each is at most the axis' extent, which is below 2³¹.
        let sum = parts.reduce(0) { $0 + max(0, $1) }
        if let rest = parts.firstIndex(of: -1) { parts[rest] = size - sum }
        guard parts.allSatisfy({ $0 >= 0 }), parts.reduce(0, +) == size else {
            throw GraphError(.invalidShape, "the parts \(parts.prefix(16)) are not all of an axis of extent \(size)")
        }
        return (axis, parts)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let (axis, parts) = try resolve(from: inputs) else { return nil }
        let operands = Operands(inputs, of: name)
        guard var y = try operands.sizes(operandIndex) else { return nil }
        let type = try operands.required(operandIndex).type
        var results: [TensorFacts] = []
        for part in parts {
            y[axis] = part
            results += try Operands.result(type, y)
        }
        return results
    }
}
