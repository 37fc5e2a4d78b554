import ModelGraph

/// The different elements of a tensor, or of its parts along an axis.
///
/// Results: the elements; where each stands first; which of them each element of x is; how often each occurs. With
/// `givesInverseOnly` they are the first and the third alone.
package struct Unique: Operation, Equatable {
    /// nil for all elements as one axis.
    package var axis: Int?
    /// Whether the result is in ascending order, and not in that of x.
    package var isSorted: Bool
    package var givesInverseOnly: Bool
    package var indexType: ElementType
    package init(
        axis: Int? = nil, isSorted: Bool = true, givesInverseOnly: Bool = false, indexType: ElementType = .int64
    ) {
        self.axis = axis
        self.isSorted = isSorted
        self.givesInverseOnly = givesInverseOnly
        self.indexType = indexType
    }
    package var name: String { "Unique" }

    /// What is found in a tensor, with each list in the result's order.
    package struct Found {
        /// nil for all elements as one axis.
        package var axis: Int?
        /// Which part of x stands first for each different one.
        package var firsts: [Int]
        /// For each part of x, which of the different ones it is.
        package var inverse: [Int]
        package var counts: [Int]
    }

    /// nil if x is not known.
    package func find(in inputs: [TensorFacts?]) throws(GraphError) -> Found? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        let x = try operands.required(0)
        guard let sizes = try operands.sizes(0), let data = x.constant else { return nil }
        guard let keys = data.orderedKeys(of: x.type), keys.count == Shape.elementCount(sizes) else {
            throw GraphError(.unsupported, "different elements of type \(x.type)")
        }
        let axis = try self.axis.map { axis throws(GraphError) in try Operands.axis(axis, rank: sizes.count) }
        let count = axis.map { sizes[$0] } ?? keys.count
        let inner = axis.map { sizes[($0 + 1)...].reduce(1, *) } ?? 1
        let outer = axis.map { sizes[..<$0].reduce(1, *) } ?? 1
        /// Lexicographic order of two parts: negative, 0, or positive.
        func compare(_ a: Int, _ b: Int) -> Int {
            for block in 0..<outer {
                let (left, right) = ((block * count + a) * inner, (block * count + b) * inner)
                for i in 0..<inner where keys[left + i] != keys[right + i] {
                    return keys[left + i] < keys[right + i] ? -1 : 1
                }
            }
            return 0
        }
        let order = (0..<count).sorted { a, b in
            let difference = compare(a, b)
            return difference == 0 ? a < b : difference < 0
        }
        // Equal parts stand side by side, the first one first.
        var found = Found(axis: axis, firsts: [], inverse: Array(repeating: 0, count: count), counts: [])
        for part in order {
            if let last = found.firsts.last, compare(last, part) == 0 {
                found.counts[found.counts.count - 1] += 1
            } else {
                found.firsts.append(part)
                found.counts.append(1)
            }
            found.inverse[part] = found.firsts.count - 1
        }
        guard !isSorted else { return found }
        let arranged = found.firsts.indices.sorted { found.firsts[$0] < found.firsts[$1] }
        var place = arranged
        for (new, old) in arranged.enumerated() { place[old] = new }
        return Found(
            axis: axis, firsts: arranged.map { found.firsts[$0] }, inverse: found.inverse.map { place[$0] },
            counts: arranged.map { found.counts[$0] })
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let found = try find(in: inputs), let x = inputs[0], var y = x.shape?.sizes else { return nil }
        if let axis = found.axis { y[axis] = found.firsts.count } else { y = [found.firsts.count] }
        let elements = try Operands.result(x.type, y)
        let (perResult, perPart) = (
            try Operands.result(indexType, [found.firsts.count]), try Operands.result(indexType, [found.inverse.count])
        )
        return givesInverseOnly ? elements + perPart : elements + perResult + perPart + perResult
    }
}

extension TensorData {
    /// Numbers in the same order as the elements; nil for types that have none.
    fileprivate func orderedKeys(of type: ElementType) -> [UInt64]? {
        switch type {
        case .uint64: return elements()
        case .bool: return elements(as: UInt8.self).map { $0 == 0 ? 0 : 1 }
        default: break
        }
        if let whole = wholeNumbers(of: type) {
            return whole.map { UInt64(bitPattern: Int64($0)) ^ 1 << 63 }
        }
        return realNumbers(of: type)?.map { number in
            // Both zeros are equal; what is no number comes last.
            let bits = (number == 0 ? 0 : number).bitPattern
            return number.isNaN ? .max : bits >> 63 == 0 ? bits | 1 << 63 : ~bits
        }
    }
}
