import ModelGraph

extension NodeReader {
    /// Checks how many operands and results there are; of both, those behind the required ones may be left out.
    func requireOperands(_ range: ClosedRange<Int>, required: Int? = nil, results: Int = 1) throws(Misfit) {
        let isGiven = inputs.prefix(required ?? range.lowerBound).allSatisfy { $0 != nil }
        guard range.contains(inputs.count), isGiven, !outputs.isEmpty, outputs.count <= results else { throw Misfit() }
    }

    /// The operands, without those behind the last one that is given.
    var givenOperands: [DecodedNode.Operand?] {
        let last = inputs.lastIndex { $0 != nil } ?? -1
        return Array(operands[...last])
    }

    /// An element type, by TensorProto's numbers.
    mutating func elementType(_ name: String) throws(Misfit) -> ElementType? {
        guard let code = try int(name) else { return nil }
        guard let type = ElementType(dataType: Int64(code)) else { throw Misfit() }
        return type
    }

    mutating func flag(_ name: String, default value: Bool = false) throws(Misfit) -> Bool {
        try int(name).map { $0 != 0 } ?? value
    }
}
