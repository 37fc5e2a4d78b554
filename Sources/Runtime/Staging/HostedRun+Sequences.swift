import ModelGraph
import Operators

extension HostedRun {
    func results(of operation: SequenceOperation) throws -> [RuntimeValue] {
        switch operation.kind {
        case .construct: [.sequence(try operands().map { (value) throws(RuntimeError) in try element(value) })]
        case .empty: [.sequence([])]
        case .insert: [.sequence(try inserted())]
        case .at: [.tensor(try sequence(0)[try place(1, count: try sequence(0).count)])]
        case .erase: [.sequence(try erased())]
        case .length: [.tensor(.scalar(Int64(try sequence(0).count), .int64))]
        case .concatenate(let axis, let isNew):
            [.tensor(try RuntimeTensor.join(try sequence(0), axis: axis, addsAxis: isNew, at: location))]
        case .split(let axis, let keepsAxis): [.sequence(try split(axis, keepsAxis))]
        case .map(let body): try mapped(body)
        case .optional: [.optional(inputs.first ?? nil)]
        case .hasElement: [.tensor(.scalar(hasElement, .bool))]
        case .element: [try element()]
        }
    }

    /// A tensor that a sequence is to hold.
    private func element(_ value: RuntimeValue) throws(RuntimeError) -> RuntimeTensor {
        try session.charged(try tensor(value).unknown, at: location)
    }

    private func sequence(_ index: Int) throws(RuntimeError) -> [RuntimeTensor] {
        var value = try operand(index)
        if case .optional(let content?) = value { value = content }
        guard case .sequence(let tensors) = value else {
            throw RuntimeError(.invalidModel, "operand \(index) is no sequence", at: location)
        }
        return tensors
    }

    /// A position in a sequence, counted from its end when negative.
    private func place(_ index: Int, count: Int) throws(RuntimeError) -> Int {
        let given = try tensor(try operand(index)).integers(at: location)
        guard given.count == 1, given[0] >= -count, given[0] < count else {
            throw RuntimeError(.invalidModel, "position \(given) in a sequence of \(count)", at: location)
        }
        return given[0] < 0 ? given[0] + count : given[0]
    }

    private func inserted() throws(RuntimeError) -> [RuntimeTensor] {
        var tensors = try sequence(0)
        let tensor = try element(try operand(1))
        guard inputs.count > 2, inputs[2] != nil else { return tensors + [tensor] }
        let given = try self.tensor(try operand(2)).integers(at: location)
        if given == [tensors.count] { return tensors + [tensor] }
        tensors.insert(tensor, at: try place(2, count: tensors.count))
        return tensors
    }

    private func erased() throws(RuntimeError) -> [RuntimeTensor] {
        var tensors = try sequence(0)
        let place = inputs.count > 1 && inputs[1] != nil ? try place(1, count: tensors.count) : tensors.count - 1
        guard tensors.indices.contains(place) else {
            throw RuntimeError(.invalidModel, "nothing is left to take away", at: location)
        }
        tensors.remove(at: place)
        return tensors
    }

    /// More parts than this are not made of a tensor.
    private static let partLimit = 1 << 20

    /// Parts of the given extents, of one given extent with what is left, or of one position each.
    private func split(_ axis: Int, _ keepsAxis: Bool) throws(RuntimeError) -> [RuntimeTensor] {
        func requireFew(_ count: Int) throws(RuntimeError) {
            guard count <= Self.partLimit else {
                throw RuntimeError(.unsupportedOperator, "a tensor cut into \(count) parts", at: location)
            }
        }
        let x = try tensor(try operand(0)).unknown
        let axis = axis < 0 ? axis + x.sizes.count : axis
        guard x.sizes.indices.contains(axis) else {
            throw RuntimeError(.invalidModel, "axis \(axis) of a tensor of rank \(x.sizes.count)", at: location)
        }
        let extent = x.sizes[axis]
        var lengths: [Int]
        var dropsAxis = !keepsAxis
        if inputs.count > 1, inputs[1] != nil {
            let given = try tensor(try operand(1))
            let values = try given.integers(at: location)
            dropsAxis = false
            if given.sizes.isEmpty {
                guard let length = values.first, length > 0 else {
                    throw RuntimeError(.invalidModel, "parts of length \(values)", at: location)
                }
                let (whole, rest) = extent.quotientAndRemainder(dividingBy: length)
                try requireFew(whole)
                lengths = Array(repeating: length, count: whole) + (rest > 0 ? [rest] : [])
            } else {
                var left = extent
                for length in values {
                    guard length >= 0, length <= left else { break }
                    left -= length
                }
                guard left == 0, values.allSatisfy({ $0 >= 0 }) else {
                    throw RuntimeError(.invalidModel, "parts \(values) of an extent of \(extent)", at: location)
                }
                try requireFew(values.count)
                lengths = values
            }
        } else {
            try requireFew(extent)
            lengths = Array(repeating: 1, count: extent)
        }
        var parts: [RuntimeTensor] = []
        var start = 0
        for length in lengths {
            guard start + length <= extent else {
                throw RuntimeError(.invalidModel, "parts \(lengths) of an extent of \(extent)", at: location)
            }
            let part = try x.slice(axis: axis, start..<start + length, dropsAxis: dropsAxis, at: location)
            parts.append(try session.charged(part, at: location))
            start += length
        }
        return parts
    }

    private func mapped(_ body: GraphReference) throws -> [RuntimeValue] {
        let count = try sequence(0).count
        var results = Array(repeating: [RuntimeTensor](), count: program.graph[node].outputs.count)
        for place in 0..<count {
            let operands = try operands().map { (value) throws(RuntimeError) -> RuntimeValue in
                guard case .sequence(let tensors) = value else { return value }
                guard tensors.count == count else {
                    throw RuntimeError(.invalidModel, "the sequences differ in length", at: location)
                }
                return .tensor(tensors[place])
            }
            let made = try run(body, 0, operands)
            guard made.count == results.count else {
                throw RuntimeError(
                    .invalidModel, "the body has \(made.count) results, not \(results.count)", at: location)
            }
            for (index, value) in made.enumerated() { results[index].append(try element(value)) }
        }
        return results.map { .sequence($0) }
    }

    private var hasElement: Bool {
        switch inputs.first ?? nil {
        case nil: false
        case .optional(let content)?: content != nil
        case .some: true
        }
    }

    private func element() throws(RuntimeError) -> RuntimeValue {
        let value = try operand(0)
        guard case .optional(let content) = value else { return value }
        guard let content else { throw RuntimeError(.invalidModel, "the optional value is empty", at: location) }
        return content
    }
}

extension RuntimeTensor {
    /// The same tensor as one that only running tells.
    var unknown: RuntimeTensor {
        var tensor = self
        tensor.isKnown = false
        return tensor
    }
}
