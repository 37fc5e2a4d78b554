import ModelGraph

/// The extents of a tensor as integers.
package struct ShapeOf: Operation, Equatable {
    package var type: ElementType
    package init(type: ElementType = .int32) { self.type = type }
    package var name: String { "Shape" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard type == .int32 || type == .int64 else {
            throw GraphError(.typeMismatch, "extents of type \(type), where int32 or int64 is needed")
        }
        guard let x = try operands.sizes(0) else { return nil }
        let extents =
            type == .int32 ? TensorData(x.map { Int32(truncatingIfNeeded: $0) }) : TensorData(x.map { Int64($0) })
        return [TensorFacts(type: type, shape: [x.count], constant: extents)]
    }
}
