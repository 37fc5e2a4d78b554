import CKernels
import ModelGraph
import Operators

extension Lowering {
    /// Copies `sizes` elements of one size between two buffers. Offsets and strides count elements.
    mutating func emitMove(
        elementSize: Int, sizes: [Int], from: (operand: Operand, offset: Int, strides: [Int]),
        to: (operand: Operand, offset: Int, strides: [Int])
    ) throws(RuntimeError) {
        guard !sizes.contains(0) else { return }
        let runs = AxisRuns(sizes: sizes, strides: [from.strides, to.strides])
        try runs.requireRank(at: location)
        var parameters = ck_copy()
        parameters.rank = runs.sizes.count
        parameters.sizes = axisTuple(runs.sizes)
        (parameters.x_strides, parameters.y_strides) = (axisTuple(runs.strides[0]), axisTuple(runs.strides[1]))
        (parameters.inner, parameters.x_step, parameters.y_step) = (runs.inner, runs.steps[0], runs.steps[1])
        (parameters.x_offset, parameters.y_offset, parameters.element_size) = (from.offset, to.offset, elementSize)
        try emit(
            kernel(.copy, "bytes"), parameters, operands: [from.operand, to.operand], units: runs.outerCount,
            cost: runs.inner)
    }

    /// Bytes of the plan as the output.
    mutating func emitConstant(_ data: TensorData) throws(RuntimeError) {
        guard data.byteCount == output.byteCount else { throw unsupportedTypes() }
        let memory = Operand.constant(UnsafeRawPointer(try storage.copy(data)))
        try emitMove(
            elementSize: 1, sizes: [data.byteCount], from: (memory, 0, [1]), to: (.value(output.id), 0, [1]))
    }
}

extension Attention: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (q, k, v) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        let (mask, pastKeys, pastValues) = (
            lowering.optionalInput(3), lowering.optionalInput(4), lowering.optionalInput(5)
        )
        let reals = [q, k, v] + [pastKeys, pastValues].compactMap { $0 } + lowering.outputs
        guard q.type == .float32 || q.type == .float64, reals.allSatisfy({ $0.type == q.type }),
            mask == nil || mask?.type == .bool || mask?.type == q.type
        else { throw lowering.unsupportedTypes() }
        let e = try checked(at: lowering.location) { () throws(GraphError) in
            try extents(q: q.sizes, k: k.sizes, v: v.sizes, past: pastKeys?.sizes)
        }
        var parameters = ck_attention()
        (parameters.batch, parameters.heads, parameters.group) = (e.batch, e.heads, e.heads / e.keyHeads)
        (parameters.rows, parameters.columns) = (e.rows, e.columns)
        (parameters.size, parameters.value_size) = (e.size, e.valueSize)
        parameters.q_strides = Attention.strides(e.heads, e.rows, e.size, isPacked: e.isPacked)
        parameters.y_strides = Attention.strides(e.heads, e.rows, e.valueSize, isPacked: e.isPacked)
        let keys = try cache(k, after: pastKeys, e, size: e.size, result: 1, into: &lowering)
        let values = try cache(v, after: pastValues, e, size: e.valueSize, result: 2, into: &lowering)
        (parameters.k_strides, parameters.v_strides) = (keys.strides, values.strides)
        if let mask { parameters.set(mask) }
        parameters.offset = e.past
        parameters.has_lengths = lowering.optionalInput(6) == nil ? 0 : 1
        parameters.is_causal = isCausal ? 1 : 0
        (parameters.left, parameters.right) = (leftWindow ?? -1, rightWindow ?? -1)
        parameters.scale = scale ?? 1 / Float(e.size).squareRoot()
        parameters.cap = softcap
        let wantsScores = lowering.outputs.count > 3
        parameters.scores = Int32(bitPattern: (wantsScores ? scores.code : CK_SCORES_NONE).rawValue)
        let elementSize = q.type == .float64 ? 8 : 4
        let work = lowering.addScratch(saturatingProduct(e.batch, e.heads, e.columns, elementSize))
        let cost = saturatingProduct(e.rows, e.columns, e.size + e.valueSize)
        lowering.multiplyAdds = saturatingProduct(e.batch, e.heads, cost)
        try lowering.emit(
            lowering.kernel(.attention, q.type.rawValue), parameters,
            operands: [
                .value(q.id), keys.operand, values.operand, mask.map { .value($0.id) } ?? .none,
                lowering.optionalInput(6).map { .value($0.id) } ?? .none, .value(lowering.output.id),
                wantsScores ? .value(lowering.outputs[3].id) : .none, work,
            ], units: e.batch * e.heads, cost: cost)
    }

    /// Of batch, head and row.
    private static func strides(_ heads: Int, _ rows: Int, _ size: Int, isPacked: Bool) -> (Int, Int, Int) {
        (heads * rows * size, isPacked ? size : rows * size, isPacked ? heads * size : size)
    }

    /// Keys or values behind those of the past, as a result of the node if it is asked for.
    ///
    /// - Returns: where all of them are, with the strides of batch, head and row.
    private func cache(
        _ x: Tensor, after past: Tensor?, _ e: Extents, size: Int, result: Int, into lowering: inout Lowering
    ) throws(RuntimeError) -> (operand: Operand, strides: (Int, Int, Int)) {
        let new = e.columns - e.past
        let own = Attention.strides(e.keyHeads, new, size, isPacked: e.isPacked)
        let isResult = lowering.outputs.count > result
        guard past != nil || isResult else { return (.value(x.id), own) }
        let elementSize = x.type == .float64 ? 8 : 4
        let target: Operand =
            isResult
            ? .value(lowering.outputs[result].id)
            : lowering.addScratch(saturatingProduct(e.batch, e.keyHeads, e.columns, size, elementSize))
        let all = Attention.strides(e.keyHeads, e.columns, size, isPacked: false)
        if let past, e.past > 0 {
            let old = Attention.strides(e.keyHeads, e.past, size, isPacked: false)
            try lowering.emitMove(
                elementSize: elementSize, sizes: [e.batch, e.keyHeads, e.past, size],
                from: (.value(past.id), 0, [old.0, old.1, old.2, 1]), to: (target, 0, [all.0, all.1, all.2, 1]))
        }
        try lowering.emitMove(
            elementSize: elementSize, sizes: [e.batch, e.keyHeads, new, size],
            from: (.value(x.id), 0, [own.0, own.1, own.2, 1]),
            to: (target, e.past * size, [all.0, all.1, all.2, 1]))
        return (target, all)
    }
}

extension Attention.Scores {
    fileprivate var code: ck_attention_scores {
        switch self {
        case .product: CK_SCORES_RAW
        case .capped: CK_SCORES_CAPPED
        case .masked: CK_SCORES_BIASED
        case .probabilities: CK_SCORES_PROBABILITIES
        }
    }
}

extension ck_attention {
    /// A mask that is repeated along the axes that it lacks.
    fileprivate mutating func set(_ mask: Tensor) {
        self.mask = Int32(bitPattern: (mask.type == .bool ? CK_MASK_BOOL : CK_MASK_FLOAT).rawValue)
        mask_columns = mask.sizes[mask.sizes.count - 1]
        let own = mask.strides
        func stride(_ axis: Int) -> Int {
            let place = axis - (4 - mask.sizes.count)
            return place < 0 || mask.sizes[place] == 1 ? 0 : own[place]
        }
        mask_strides = (stride(0), stride(1), stride(2))
    }
}

extension LinearAttention: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats()
        let (q, k, v) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        var parameters = ck_linear_attention()
        (parameters.batch, parameters.steps) = (q.sizes[0], q.sizes[1])
        (parameters.heads, parameters.group) = (queryHeads, queryHeads / keyHeads)
        (parameters.size, parameters.value_size) = (k.sizes[2] / keyHeads, v.sizes[2] / keyHeads)
        let (past, decay, beta) = (lowering.optionalInput(3), lowering.optionalInput(4), lowering.optionalInput(5))
        if let decay {
            let isPerKey = decay.sizes[2] != keyHeads
            parameters.decay = Int32(bitPattern: (isPerKey ? CK_DECAY_PER_KEY : CK_DECAY_PER_HEAD).rawValue)
        }
        parameters.beta_heads = beta?.sizes[2] ?? 0
        parameters.has_past = past == nil ? 0 : 1
        parameters.scale = scale == 0 ? 1 / Float(parameters.size).squareRoot() : scale
        let area = saturatingProduct(parameters.size, parameters.value_size)
        let state: Operand =
            lowering.outputs.count > 1
            ? .value(lowering.outputs[1].id) : lowering.addScratch(saturatingProduct(q.sizes[0], keyHeads, area, 4))
        func operand(_ tensor: Tensor?) -> Operand { tensor.map { .value($0.id) } ?? .none }
        let cost = saturatingProduct(parameters.steps, area, 3 + parameters.group)
        lowering.multiplyAdds = saturatingProduct(q.sizes[0], keyHeads, cost)
        try lowering.emit(
            lowering.kernel(.linearAttention, "float32"), parameters,
            operands: [
                .value(q.id), .value(k.id), .value(v.id), operand(decay), operand(beta), operand(past),
                .value(lowering.output.id), state,
            ], units: q.sizes[0] * keyHeads, cost: cost)
    }
}

extension RotaryEmbedding: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats(except: [3])
        let (x, cosines, sines) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        let e = try checked(at: lowering.location) { () throws(GraphError) in try extents(x: x.sizes) }
        var parameters = ck_rotary()
        (parameters.batch, parameters.steps, parameters.heads, parameters.size) = (e[0], e[1], e[2], e[3])
        parameters.rotated = rotatedSize == 0 ? e[3] : rotatedSize
        let isPacked = x.sizes.count == 3
        let outer = e[1] * e[2] * e[3]
        parameters.strides = isPacked ? (outer, e[2] * e[3], e[3]) : (outer, e[3], e[1] * e[3])
        parameters.cache_rows = cosines.sizes[0]
        let positions = lowering.optionalInput(3)
        parameters.has_positions = positions == nil ? 0 : 1
        parameters.is_interleaved = isInterleaved ? 1 : 0
        try lowering.emit(
            lowering.kernel(.rotary, "float32"), parameters,
            operands: [
                .value(x.id), .value(cosines.id), .value(sines.id), positions.map { .value($0.id) } ?? .none,
                .value(lowering.output.id), .status,
            ], units: e[0] * e[1], cost: e[2] * e[3] * 4)
    }
}

extension SwiGLU: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats()
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        try lowering.emitChunks(
            lowering.kernel(.gatedUnit, "float32"), ck_gated_unit(count: a.count, alpha: alpha),
            operands: [.value(a.id), .value(b.id), .value(lowering.output.id)], count: a.count, cost: 16)
    }
}
