import ModelGraph

/// Rows of a table. Operands: indices int32 [n], table [rows, …]. Of a table of scaled integers the result may be real.
package struct EmbeddingLookup: Operation, Equatable {
    package init() {}
    package var name: String { "EmbeddingLookup" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        try operands.requireIndices(0)
        guard let indices = try operands.sizes(0), let table = try operands.sizes(1) else { return nil }
        guard indices.count == 1, table.count >= 2 else {
            throw GraphError(.invalidShape, "indices of shape \(Shape(indices)) into a table of shape \(Shape(table))")
        }
        return try Operands.result(try operands.required(1).type, indices + table.dropFirst())
    }
}

/// Writes a block into a tensor, moved so that it fits. Operands: x, block, where it begins [rank].
package struct DynamicUpdateSlice: Operation, Equatable {
    package init() {}
    package var name: String { "DynamicUpdateSlice" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        try operands.requireIndices(2)
        guard let x = try operands.sizes(0), let block = try operands.sizes(1), let starts = try operands.sizes(2)
        else { return nil }
        let type = try operands.required(0).type
        guard block.count == x.count, zip(block, x).allSatisfy({ $0 <= $1 }), Shape.elementCount(starts) == x.count,
            try operands.required(1).type == type
        else {
            throw GraphError(.invalidShape, "a block of shape \(Shape(block)) in shape \(Shape(x))")
        }
        return try Operands.result(type, x)
    }
}
