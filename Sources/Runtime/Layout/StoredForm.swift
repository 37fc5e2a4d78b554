import ModelGraph
import Operators

/// How a node runs on what is stored: an operator of the same result, and the form in which it takes each operand.
struct StoredForm {
    enum Operand {
        /// The axes in the model's order.
        case model
        /// The channels last.
        case channelsLast
        /// The model's axes in another order.
        case permuted([Int])
        /// With axes of extent 1 put in front up to this rank, then the channels last.
        case broadcast(rank: Int)
        /// A constant of these numbers instead.
        case integers([Int])
    }

    var operation: any Lowerable
    /// The operands behind the last entry are in the model's order.
    var operands: [Operand]
    /// Whether the result has its channels last, where the model has them first.
    var movesResult: Bool

    init(_ operation: any Lowerable, operands: [Operand], movesResult: Bool) {
        self.operation = operation
        self.operands = operands
        self.movesResult = movesResult
    }
}

/// An operator that need not run on the model's order of axes.
protocol Relayable: Lowerable {
    /// - Parameters:
    ///   - inputs: as stored.
    ///   - output: the result in the model's order.
    /// - Returns: nil if the operator takes everything in the model's order.
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm?
}

extension Relayable {
    /// The stored axis of an axis of a moved tensor, counted from the end when negative.
    func storedAxis(_ axis: Int, rank: Int) -> Int {
        let axis = axis < 0 ? axis + rank : axis
        return ChannelOrder.toLast(rank: rank).firstIndex(of: axis) ?? axis
    }
}
