import ModelGraph

/// Attention with a state for each head that is read and written step by step instead of a softmax over all keys.
///
/// Operands: q [B, T, H·E], k [B, T, Hkv·E], v [B, T, Hkv·F], and optionally the past state [B, Hkv, E, F], decay
/// [B, T, Hkv] or [B, T, Hkv·E], beta [B, T, Hkv] or [B, T, 1]. Results: y [B, T, H·F], the state.
package struct LinearAttention: Operation, Equatable {
    package enum Rule: String, Sendable {
        case linear, gated, delta
        case gatedDelta = "gated_delta"

        package var hasDecay: Bool { self == .gated || self == .gatedDelta }
        package var hasBeta: Bool { self == .delta || self == .gatedDelta }
    }

    package var rule: Rule
    package var queryHeads: Int
    package var keyHeads: Int
    /// 0 for 1/√E.
    package var scale: Float

    package init(_ rule: Rule, queryHeads: Int, keyHeads: Int, scale: Float = 0) {
        self.rule = rule
        self.queryHeads = queryHeads
        self.keyHeads = keyHeads
        self.scale = scale
    }

    package var name: String { "LinearAttention" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: 6)
        guard let q = try operands.sizes(0), let k = try operands.sizes(1), let v = try operands.sizes(2) else {
            return nil
        }
        guard q.count == 3, k.count == 3, v.count == 3, keyHeads > 0, queryHeads > 0,
            queryHeads.isMultiple(of: keyHeads), q[2].isMultiple(of: queryHeads), k[2].isMultiple(of: keyHeads),
            v[2].isMultiple(of: keyHeads), q[2] / queryHeads == k[2] / keyHeads, k[..<2] == q[..<2], v[..<2] == q[..<2],
            rule.hasDecay == (operands.optional(4) != nil), rule.hasBeta == (operands.optional(5) != nil)
        else {
            throw GraphError(.invalidShape, "an attention of shapes \(Shape(q)), \(Shape(k)) and \(Shape(v))")
        }
        let (size, valueSize) = (k[2] / keyHeads, v[2] / keyHeads)
        let state = [q[0], keyHeads, size, valueSize]
        try operands.require(3, state)
        for (index, extents) in [(4, [keyHeads, k[2]]), (5, [keyHeads, 1])] {
            guard let given = try operands.optionalSizes(index), let given else { continue }
            guard given.count == 3, given[..<2] == q[..<2], extents.contains(given[2]) else {
                throw GraphError(.invalidShape, "operand \(index) of shape \(Shape(given)) for \(Shape(q))")
            }
        }
        let type = try operands.required(0).type
        return try Operands.result(type, [q[0], q[1], queryHeads &* valueSize])
            + Operands.result(operands.optional(3)?.type ?? type, state)
    }
}
