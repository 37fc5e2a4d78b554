import ModelGraph
import Operators

/// An operator that handles each element by itself keeps the order that its operand is stored in.
protocol Pointwise: Relayable {}

extension Pointwise {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let x = inputs.first ?? nil, x.isMoved else { return nil }
        return StoredForm(self, operands: [.channelsLast], movesResult: true)
    }
}

extension Unary: Pointwise {}
extension Identity: Pointwise {}
extension Quantize: Pointwise {}
extension Dequantize: Pointwise {}
extension Cast: Pointwise {}
extension CastLike: Pointwise {}
extension ParametricUnary: Pointwise {}
extension NumberTest: Pointwise {}
extension Clip: Pointwise {}

extension Gelu: Relayable {
    /// A bias belongs to the model's last axis.
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard inputs.count == 1, let x = inputs[0], x.isMoved else { return nil }
        return StoredForm(self, operands: [.channelsLast], movesResult: true)
    }
}

extension Softmax: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let x = inputs.first ?? nil, x.isMoved, !includesInnerAxes else { return nil }
        let softmax = Softmax(beta: beta, axis: storedAxis(axis, rank: x.sizes.count))
        return StoredForm(softmax, operands: [.channelsLast], movesResult: true)
    }
}

extension LogSoftmax: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let x = inputs.first ?? nil, x.isMoved, !includesInnerAxes else { return nil }
        let moved = LogSoftmax(axis: storedAxis(axis, rank: x.sizes.count))
        return StoredForm(moved, operands: [.channelsLast], movesResult: true)
    }
}

/// An elementwise operator whose operands broadcast to one shape.
protocol Broadcasting: Relayable {}

extension Broadcasting {
    /// Follows a moved operand that fills the result; the others are moved along.
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        let rank = output.sizes.count
        guard inputs.contains(where: { $0?.isMoved == true && $0?.count == output.count && $0?.sizes.count == rank })
        else { return nil }
        return StoredForm(
            self, operands: inputs.map { $0?.count == 1 ? .model : .broadcast(rank: rank) }, movesResult: true)
    }
}

extension Binary: Broadcasting {}
extension Comparison: Broadcasting {}
extension Variadic: Broadcasting {}

extension Select: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard !selectsRows else { return nil }
        let rank = output.sizes.count
        guard inputs.contains(where: { $0?.isMoved == true && $0?.count == output.count && $0?.sizes.count == rank })
        else { return nil }
        return StoredForm(
            self, operands: inputs.map { $0?.count == 1 ? .model : .broadcast(rank: rank) }, movesResult: true)
    }
}
