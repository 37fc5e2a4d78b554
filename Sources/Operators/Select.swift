import ModelGraph

/// Elements of one operand where a condition holds, and of another where it does not. Operands: the condition (bool), a,
/// b; all broadcast from the last axis.
package struct Select: Operation, Equatable {
    /// Whether a condition of one axis chooses whole rows: parts along the first axis of a and b, which have one shape.
    package var selectsRows: Bool
    package init(selectsRows: Bool = false) { self.selectsRows = selectsRows }
    package var name: String { "Select" }

    /// The condition's extents as they broadcast.
    package func condition(_ sizes: [Int], rank: Int) -> [Int] {
        guard selectsRows, sizes.count == 1, rank > 1 else { return sizes }
        return sizes + Array(repeating: 1, count: rank - 1)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        let (a, b) = (try operands.required(1), try operands.required(2))
        guard a.type == b.type, try operands.required(0).type == .bool else {
            throw GraphError(
                .typeMismatch, "a choice of type \(try operands.required(0).type) between \(a.type) and \(b.type)")
        }
        guard let condition = try operands.sizes(0), let left = try operands.sizes(1), let right = try operands.sizes(2)
        else { return nil }
        let both = try Binary.broadcast(left, right)
        return try Operands.result(
            a.type, Binary.broadcast(self.condition(condition, rank: both.count), both))
    }
}
