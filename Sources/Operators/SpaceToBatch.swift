import ModelGraph

/// Moves each place of a block into a batch of its own. Operands: x [N, spatial…, rest…], block [spatial], paddings
/// [spatial, 2] of real zero.
package struct SpaceToBatch: Operation, Equatable {
    package init() {}
    package var name: String { "SpaceToBatch" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        guard var x = try operands.sizes(0), let block = try operands.integers(1),
            let amounts = try operands.integers(2)
        else { return nil }
        try SpaceToBatch.check(block, amounts, x)
        for (axis, size) in block.enumerated() {
            let padded = x[axis + 1] + amounts[2 * axis] + amounts[2 * axis + 1]
            guard padded.isMultiple(of: size) else {
                throw GraphError(.invalidShape, "blocks of \(size) in an axis of extent \(padded)")
            }
            x[axis + 1] = padded / size
            let (batches, overflow) = x[0].multipliedReportingOverflow(by: size)
            x[0] = overflow ? Int.max : batches
        }
        return try Operands.result(try operands.required(0).type, x)
    }

    /// - Throws: `GraphError` unless there is a positive block and a pair of amounts for each of the first axes behind N.
    static func check(_ block: [Int], _ amounts: [Int], _ x: [Int]) throws(GraphError) {
        let limit = Int(Int32.max)
        guard !block.isEmpty, block.count < x.count, amounts.count == 2 * block.count,
            block.allSatisfy({ (1...limit).contains($0) }), amounts.allSatisfy({ (0...limit).contains($0) })
        else {
            throw GraphError(
                .invalidAttribute, "blocks \(block.prefix(8)) and amounts \(amounts.prefix(16)) of shape \(Shape(x))")
        }
    }
}

/// Moves batches to the places of blocks. Operands: x [N, spatial…, rest…], block [spatial], crops [spatial, 2].
package struct BatchToSpace: Operation, Equatable {
    package init() {}
    package var name: String { "BatchToSpace" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        guard var x = try operands.sizes(0), let block = try operands.integers(1), let crops = try operands.integers(2)
        else { return nil }
        try SpaceToBatch.check(block, crops, x)
        for (axis, size) in block.enumerated() {
            guard x[0].isMultiple(of: size) else {
                throw GraphError(.invalidShape, "\(x[0]) batches for blocks of \(size)")
            }
            x[0] /= size
            // Extents are below 2³¹.
            x[axis + 1] = x[axis + 1] * size - crops[2 * axis] - crops[2 * axis + 1]
        }
        return try Operands.result(try operands.required(0).type, x)
    }
}
