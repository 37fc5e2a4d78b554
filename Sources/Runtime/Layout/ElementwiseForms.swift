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

extension Binary: Relayable {
    /// Follows a moved operand that fills the result; the other one is moved along.
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        let rank = output.sizes.count
        guard inputs.contains(where: { $0?.isMoved == true && $0?.count == output.count && $0?.sizes.count == rank })
        else { return nil }
        return StoredForm(
            self, operands: inputs.map { $0?.count == 1 ? .model : .broadcast(rank: rank) }, movesResult: true)
    }
}
