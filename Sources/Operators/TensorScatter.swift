import ModelGraph

/// Writes a part of an axis of a cache. Operands: cache [batch, …], update, and optionally where each batch's part begins
/// [batch] (0 otherwise).
package struct TensorScatter: Operation, Equatable {
    package var axis: Int
    /// Whether what reaches beyond the end goes on at the start.
    package var isCircular: Bool
    package init(axis: Int = -2, isCircular: Bool = false) {
        self.axis = axis
        self.isCircular = isCircular
    }
    package var name: String { "TensorScatter" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 3)
        guard let x = try operands.sizes(0), var update = try operands.sizes(1) else { return nil }
        let axis = try Operands.axis(axis, rank: x.count)
        let type = try operands.required(0).type
        let updateType = try operands.required(1).type
        let isFitting = axis > 0 && update.count == x.count && update[axis] <= x[axis] && updateType == type
        if isFitting { update[axis] = x[axis] }
        guard isFitting, update == x else {
            throw GraphError(.invalidShape, "an update of shape \(Shape(update)) of a cache of shape \(Shape(x))")
        }
        if operands.optional(2) != nil {
            try operands.requireIndices(2)
            guard let starts = try operands.sizes(2) else { return nil }
            guard starts == [x[0]] else {
                throw GraphError(.invalidShape, "indices of shape \(Shape(starts)) for \(x[0]) batches")
            }
        }
        return try Operands.result(type, x)
    }
}
