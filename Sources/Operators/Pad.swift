import ModelGraph

/// Adds elements around a tensor. Operands: x, amounts [rank, 2], and optionally the value (real zero otherwise).
package struct Pad: Operation, Equatable {
    package init() {}
    package var name: String { "Pad" }

    /// The amounts before and after each axis.
    ///
    /// - Throws: `GraphError` if there is not one pair for each axis, or an amount is negative.
    package static func amounts(_ values: [Int], rank: Int) throws(GraphError) -> [Padding.Amount] {
        guard values.count == 2 * rank, values.allSatisfy({ (0...Int(Int32.max)).contains($0) }) else {
            throw GraphError(.invalidAttribute, "the padding \(values) of a tensor of rank \(rank)")
        }
        return (0..<rank).map { Padding.Amount(before: values[2 * $0], after: values[2 * $0 + 1]) }
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), let values = try operands.integers(1) else { return nil }
        let type = try operands.required(0).type
        if let value = operands.optional(2), value.type != type || value.shape?.elementCount ?? 1 != 1 {
            throw GraphError(.typeMismatch, "the padding value is not one element of type \(type)")
        }
        let y = zip(x, try Pad.amounts(values, rank: x.count)).map { $0 + $1.before + $1.after }
        return try Operands.result(type, y)
    }
}
