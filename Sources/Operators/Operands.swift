import ModelGraph

/// The operands of an operator while its type and shape rule reads them.
struct Operands {
    let operation: String
    let facts: [TensorFacts?]

    init(_ facts: [TensorFacts?], of operation: String) {
        self.facts = facts
        self.operation = operation
    }

    /// - Throws: `GraphError` if there are not between `least` and `most` operands.
    func requireCount(_ least: Int, upTo most: Int? = nil) throws(GraphError) {
        guard facts.count >= least, facts.count <= most ?? least else {
            let range = most.map { $0 == least ? "\(least)" : "\(least) to \($0)" } ?? "\(least)"
            throw GraphError(.invalidAttribute, "\(operation) takes \(range) operands, not \(facts.count)")
        }
    }

    /// - Throws: `GraphError` if the operand is left out.
    func required(_ index: Int) throws(GraphError) -> TensorFacts {
        guard index < facts.count, let operand = facts[index] else {
            throw GraphError(.invalidAttribute, "operand \(index) of \(operation) is missing")
        }
        return operand
    }

    func optional(_ index: Int) -> TensorFacts? { index < facts.count ? facts[index] : nil }

    /// The extents to plan with; nil if they are not known.
    func sizes(_ index: Int) throws(GraphError) -> [Int]? {
        guard let sizes = try required(index).shape?.sizes else { return nil }
        try Operands.check(sizes)
        return sizes
    }

    /// The elements of a constant int32 or int64 operand; nil if it is not constant.
    func integers(_ index: Int) throws(GraphError) -> [Int]? {
        let operand = try required(index)
        guard operand.type == .int32 || operand.type == .int64 else {
            throw GraphError(
                .typeMismatch, "operand \(index) of \(operation) is \(operand.type), where int32 or int64 is needed")
        }
        guard let constant = operand.constant else { return nil }
        guard operand.type == .int64 else { return constant.elements(as: Int32.self).map(Int.init) }
        return constant.elements(as: Int64.self).map { Int($0) }
    }

    /// - Throws: `GraphError` if an extent is negative or one that no file format can store, or if all of them
    ///   together are more elements than can be counted.
    static func check(_ sizes: [Int]) throws(GraphError) {
        guard sizes.allSatisfy({ (0...Int(Int32.max)).contains($0) }), Shape.elementCount(sizes) != nil else {
            throw GraphError(.invalidShape, "the shape \(Shape(sizes)) is impossible")
        }
    }

    /// One output of the given type and extents.
    static func result(_ type: ElementType, _ sizes: [Int]) throws(GraphError) -> [TensorFacts] {
        try check(sizes)
        return [TensorFacts(type: type, shape: Shape(sizes))]
    }

    /// The axis counted from the front.
    static func axis(_ axis: Int, rank: Int) throws(GraphError) -> Int {
        guard axis >= -rank, axis < rank else {
            throw GraphError(.invalidAttribute, "axis \(axis) of a tensor of rank \(rank)")
        }
        return axis < 0 ? axis + rank : axis
    }
}
