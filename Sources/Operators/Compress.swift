import ModelGraph

/// The parts of an axis, or of all elements, for which a condition holds. Operands: x, condition bool [at most as many].
package struct Compress: Operation, Equatable {
    /// nil for all elements as one axis.
    package var axis: Int?
    package init(axis: Int? = nil) { self.axis = axis }
    package var name: String { "Compress" }

    /// The parts that are kept; nil if the condition is not known.
    package func places(from inputs: [TensorFacts?]) throws(GraphError) -> (axis: Int?, x: [Int], places: [Int])? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard try operands.required(1).type == .bool else {
            throw GraphError(.typeMismatch, "a condition of type \(try operands.required(1).type)")
        }
        guard let x = try operands.sizes(0), let condition = try operands.required(1).constant,
            let count = Shape.elementCount(x)
        else { return nil }
        let axis = try self.axis.map { axis throws(GraphError) in try Operands.axis(axis, rank: x.count) }
        let extent = axis.map { x[$0] } ?? count
        let bytes = condition.elements(as: UInt8.self)
        let places = bytes.indices.filter { bytes[$0] != 0 }
        guard places.last ?? -1 < extent else {
            throw GraphError(.invalidShape, "\(bytes.count) conditions for an axis of extent \(extent)")
        }
        return (axis, x, places)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let (axis, x, places) = try places(from: inputs), let type = inputs[0]?.type else { return nil }
        guard let axis else { return try Operands.result(type, [places.count]) }
        var y = x
        y[axis] = places.count
        return try Operands.result(type, y)
    }
}
