import ModelGraph

/// Scaled dot-product attention with all that ONNX's Attention has: y = softmax(cap(scale · q · kᵀ) + mask) · v.
///
/// Operands: q [B, H, L, E] or [B, L, H·E], k and v likewise with their own heads and lengths, and optionally a mask
/// (bool, or added) that broadcasts to [B, H, L, S], past keys and values [B, Hkv, P, E], and how many keys of each batch
/// count (int64 [B]). Results: y like q, present keys and values [B, Hkv, S, E], and scores [B, H, L, S].
package struct Attention: Operation, Equatable {
    /// Which scores are the fourth result.
    package enum Scores: Int, Sendable { case product, capped, masked, probabilities }

    package var scale: Float?
    package var isCausal: Bool
    /// Of operands of rank 3.
    package var queryHeads: Int?
    package var keyHeads: Int?
    package var softcap: Float
    package var scores: Scores
    /// The element type in which probabilities are computed, as the file names it; nil for the operands'.
    package var softmaxPrecision: Int?
    /// How many keys before and behind its own position a query sees.
    package var leftWindow: Int?
    package var rightWindow: Int?

    package init(
        scale: Float? = nil, isCausal: Bool = false, queryHeads: Int? = nil, keyHeads: Int? = nil, softcap: Float = 0,
        scores: Scores = .product, softmaxPrecision: Int? = nil, leftWindow: Int? = nil, rightWindow: Int? = nil
    ) {
        self.scale = scale
        self.isCausal = isCausal
        self.queryHeads = queryHeads
        self.keyHeads = keyHeads
        self.softcap = softcap
        self.scores = scores
        self.softmaxPrecision = softmaxPrecision
        self.leftWindow = leftWindow
        self.rightWindow = rightWindow
    }

    package var name: String { "Attention" }

    /// The extents of an attention.
    package struct Extents: Sendable, Equatable {
        package var batch, heads, keyHeads, rows, columns, size, valueSize: Int
        /// Keys of the past.
        package var past: Int
        /// Whether heads stand beside each other in the last axis.
        package var isPacked: Bool
    }

    /// - Throws: `GraphError` if the operands do not fit each other.
    package func extents(q: [Int], k: [Int], v: [Int], past: [Int]?) throws(GraphError) -> Extents {
        let isPacked = q.count == 3
        guard q.count == 3 || q.count == 4, k.count == q.count, v.count == q.count else {
            throw GraphError(.invalidShape, "an attention of shapes \(Shape(q)), \(Shape(k)) and \(Shape(v))")
        }
        func split(_ sizes: [Int], _ heads: Int?) throws(GraphError) -> (heads: Int, rows: Int, size: Int) {
            guard isPacked else { return (sizes[1], sizes[2], sizes[3]) }
            guard let heads, heads > 0, sizes[2].isMultiple(of: heads) else {
                throw GraphError(.invalidAttribute, "\(heads ?? 0) heads in a tensor of shape \(Shape(sizes))")
            }
            return (heads, sizes[1], sizes[2] / heads)
        }
        let (queries, keys, values) = (try split(q, queryHeads), try split(k, keyHeads), try split(v, keyHeads))
        guard q[0] == k[0], q[0] == v[0], keys.heads == values.heads, keys.rows == values.rows,
            keys.size == queries.size, keys.heads > 0, queries.heads.isMultiple(of: keys.heads)
        else {
            throw GraphError(.invalidShape, "an attention of shapes \(Shape(q)), \(Shape(k)) and \(Shape(v))")
        }
        var before = 0
        if let past {
            guard past.count == 4, past[0] == q[0], past[1] == keys.heads, past[3] == keys.size else {
                throw GraphError(.invalidShape, "past keys of shape \(Shape(past)) for keys of shape \(Shape(k))")
            }
            before = past[2]
        }
        return Extents(
            batch: q[0], heads: queries.heads, keyHeads: keys.heads, rows: queries.rows, columns: before + keys.rows,
            size: queries.size, valueSize: values.size, past: before, isPacked: isPacked)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: 7)
        guard let q = try operands.sizes(0), let k = try operands.sizes(1), let v = try operands.sizes(2),
            let past = try operands.optionalSizes(4)
        else { return nil }
        guard (operands.optional(4) == nil) == (operands.optional(5) == nil) else {
            throw GraphError(.invalidAttribute, "past keys without past values")
        }
        let e = try extents(q: q, k: k, v: v, past: past)
        try operands.require(5, [e.batch, e.keyHeads, e.past, e.valueSize])
        try operands.require(6, [e.batch], type: .int64)
        if let mask = try operands.optionalSizes(3), let mask { try check(mask: mask, e) }
        let type = try operands.required(0).type
        let y = e.isPacked ? [e.batch, e.rows, e.heads &* e.valueSize] : [e.batch, e.heads, e.rows, e.valueSize]
        var results: [TensorFacts] = []
        for sizes in [
            y, [e.batch, e.keyHeads, e.columns, e.size], [e.batch, e.keyHeads, e.columns, e.valueSize],
            [e.batch, e.heads, e.rows, e.columns],
        ] { results += try Operands.result(type, sizes) }
        return results
    }

    /// A mask may have fewer columns than there are keys.
    private func check(mask: [Int], _ e: Extents) throws(GraphError) {
        let full = [e.batch, e.heads, e.rows]
        let outer = mask.dropLast()
        guard (1...4).contains(mask.count), mask[mask.count - 1] <= e.columns,
            zip(outer.reversed(), full.reversed()).allSatisfy({ $0 == 1 || $0 == $1 })
        else { throw GraphError(.invalidShape, "a mask of shape \(Shape(mask)) for \(e.rows) × \(e.columns) scores") }
    }
}
