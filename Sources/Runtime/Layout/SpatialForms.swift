import ModelGraph
import Operators

extension Pool: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard layout == .channelsFirst else { return nil }
        var pool = self
        pool.layout = .channelsLast
        return StoredForm(pool, operands: [.channelsLast], movesResult: true)
    }
}

extension GlobalPool: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard layout == .channelsFirst else { return nil }
        let pool = GlobalPool(kind, order: order, layout: .channelsLast)
        return StoredForm(pool, operands: [.channelsLast], movesResult: true)
    }
}

extension BatchNormalization: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard layout == .channelsFirst else { return nil }
        var norm = self
        norm.layout = .channelsLast
        return StoredForm(norm, operands: [.channelsLast], movesResult: output.sizes.count > 2)
    }
}

extension Pad: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let x = inputs.first ?? nil, x.isMoved, inputs.count > 1, let amounts = inputs[1]?.wholeNumbers,
            amounts.count == 2 * x.sizes.count
        else { return nil }
        let moved = ChannelOrder.toLast(rank: x.sizes.count).flatMap { [amounts[2 * $0], amounts[2 * $0 + 1]] }
        return StoredForm(self, operands: [.channelsLast, .integers(moved)], movesResult: true)
    }
}

extension Concatenation: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard inputs.contains(where: { $0?.isMoved == true }) else { return nil }
        let moved = Concatenation(axis: storedAxis(axis, rank: output.sizes.count), activation: activation)
        return StoredForm(moved, operands: inputs.map { _ in .channelsLast }, movesResult: true)
    }
}

extension Reduce: Relayable {
    /// Without the reduced axes the result is in the model's order if the channels or all others go.
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let x = inputs.first ?? nil, x.isMoved, inputs.count > 1, let axes = inputs[1]?.wholeNumbers else {
            return nil
        }
        let rank = x.sizes.count
        guard axes.allSatisfy({ (-rank..<rank).contains($0) }) else { return nil }
        let stored = axes.map { storedAxis($0, rank: rank) }
        let kept = ChannelOrder.toLast(rank: rank).indices.filter { !stored.contains($0) }
        let order = kept.map { ChannelOrder.toLast(rank: rank)[$0] }
        guard keepsDimensions || order == order.sorted() else { return nil }
        return StoredForm(
            self, operands: [.channelsLast, .integers(stored)], movesResult: keepsDimensions)
    }
}

extension Transpose: Relayable {
    /// A transpose from or to channels first is how the tensor is stored anyway.
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let x = inputs.first ?? nil, inputs.count > 1, let values = inputs[1]?.wholeNumbers else { return nil }
        let rank = x.sizes.count
        guard let permutation = try? Transpose.permutation(values, rank: rank) else { return nil }
        let stored = x.isMoved ? permutation.map { storedAxis($0, rank: rank) } : permutation
        let moved = ChannelOrder.toLast(rank: rank).map { stored[$0] }
        let movesResult =
            rank > 2 && !ChannelOrder.isStill(stored, sizes: x.sizes) && ChannelOrder.isStill(moved, sizes: x.sizes)
        guard x.isMoved || movesResult else { return nil }
        return StoredForm(
            self, operands: [x.isMoved ? .channelsLast : .model, .integers(movesResult ? moved : stored)],
            movesResult: movesResult)
    }
}

extension Tensor {
    /// The elements of a constant of whole numbers.
    var wholeNumbers: [Int]? {
        guard let constant else { return nil }
        switch type {
        case .int64: return constant.elements(as: Int64.self).map { Int($0) }
        case .int32: return constant.elements(as: Int32.self).map { Int($0) }
        default: return nil
        }
    }
}
