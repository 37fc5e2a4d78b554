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

    /// - Throws: `GraphError` if the operand is not of a type that indices have.
    func requireIndices(_ index: Int, or other: ElementType? = nil) throws(GraphError) {
        let type = try required(index).type
        guard type == .int32 || type == .int64 || type == other else {
            throw GraphError(.typeMismatch, "indices of type \(type)")
        }
    }

    /// The first element of a constant operand as a whole number; nil if it is not constant.
    func wholeNumber(_ index: Int) throws(GraphError) -> Int? {
        let operand = try required(index)
        guard let constant = operand.constant else { return nil }
        guard
            let number = constant.wholeNumbers(of: operand.type)?.first
                ?? constant.realNumbers(of: operand.type)?.first.flatMap({ Int(exactly: $0.rounded(.towardZero)) })
        else {
            throw GraphError(.invalidAttribute, "operand \(index) of \(operation) is no whole number")
        }
        return number
    }

    /// The first elements of constant operands of whole numbers; nil if one is not constant, or is real.
    func wholeNumbers(_ indices: ClosedRange<Int>) throws(GraphError) -> [Int]? {
        var numbers: [Int] = []
        for index in indices {
            let operand = try required(index)
            guard let number = operand.constant?.wholeNumbers(of: operand.type)?.first else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// The first elements of constant operands of real numbers; nil if one is not constant, or not real.
    func realNumbers(_ indices: ClosedRange<Int>) throws(GraphError) -> [Double]? {
        var numbers: [Double] = []
        for index in indices {
            let operand = try required(index)
            guard let number = operand.constant?.realNumbers(of: operand.type)?.first else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// - Throws: `GraphError` if an extent is negative or one that no file format can store, or if all of them
    ///   together are more elements than can be counted.
    static func check(_ sizes: [Int]) throws(GraphError) {
        guard sizes.allSatisfy({ (0...Int(Int32.max)).contains($0) }), Shape.isCountable(sizes) else {
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

extension TensorData {
    /// The elements of a type of whole numbers; nil for other types, and where one does not fit an `Int`.
    package func wholeNumbers(of type: ElementType) -> [Int]? {
        switch type {
        case .int64: return elements(as: Int64.self).map(Int.init)
        case .int32: return elements(as: Int32.self).map(Int.init)
        case .int16: return elements(as: Int16.self).map(Int.init)
        case .int8: return elements(as: Int8.self).map(Int.init)
        case .uint64:
            let numbers = elements(as: UInt64.self)
            return numbers.allSatisfy { $0 <= Int.max } ? numbers.map { Int($0) } : nil
        case .uint32: return elements(as: UInt32.self).map(Int.init)
        case .uint16: return elements(as: UInt16.self).map(Int.init)
        case .uint8: return elements(as: UInt8.self).map(Int.init)
        default: return nil
        }
    }

    /// The elements of a type of real numbers; nil for other types.
    package func realNumbers(of type: ElementType) -> [Double]? {
        switch type {
        case .float64: elements(as: Double.self)
        case .float32: elements(as: Float.self).map(Double.init)
        case .float16: elements(as: UInt16.self).map { Double(Float(halfBits: $0)) }
        case .bfloat16: elements(as: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
        default: nil
        }
    }
}
