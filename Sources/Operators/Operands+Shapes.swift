import ModelGraph

extension Operands {
    /// Checks an operand that may be left out.
    ///
    /// - Throws: `GraphError` if its shape is known and another one, or its type is another one than asked for.
    func require(_ index: Int, _ sizes: [Int], type: ElementType? = nil) throws(GraphError) {
        guard let operand = optional(index) else { return }
        if let type, operand.type != type {
            throw GraphError(
                .typeMismatch, "operand \(index) of \(operation) is \(operand.type), where \(type) is needed")
        }
        guard let given = operand.shape?.sizes, given != sizes else { return }
        throw GraphError(
            .invalidShape, "operand \(index) of \(operation) has the shape \(Shape(given)), not \(Shape(sizes))")
    }

    /// The extents of an operand that may be left out; an empty optional if they are not known.
    func optionalSizes(_ index: Int) throws(GraphError) -> [Int]?? {
        guard optional(index) != nil else { return .some(nil) }
        guard let sizes = try sizes(index) else { return nil }
        return .some(sizes)
    }

    /// - Throws: `GraphError` with the shape of operand 0 if the condition does not hold.
    func requireShape(_ condition: Bool, _ sizes: [Int]) throws(GraphError) {
        guard condition else {
            throw GraphError(.invalidShape, "\(operation) of a tensor of shape \(Shape(sizes))")
        }
    }

    /// The one element of a constant number; nil if it is not constant.
    func real(_ index: Int) throws(GraphError) -> Double? {
        let operand = try required(index)
        guard let constant = operand.constant else { return nil }
        let value: Double? =
            switch operand.type {
            case .float32: constant.elements(as: Float.self).first.map(Double.init)
            case .float64: constant.elements(as: Double.self).first
            case .int32: constant.elements(as: Int32.self).first.map(Double.init)
            case .int64: constant.elements(as: Int64.self).first.map { Double($0) }
            default: nil
            }
        guard let value else {
            throw GraphError(.typeMismatch, "operand \(index) of \(operation) is no number")
        }
        return value
    }
}
