import ModelGraph

extension Planner {
    /// How a node runs on what is stored, with its operands in the forms that it wants. Operands in another form are
    /// reordered first, once for all readers.
    mutating func storedForm(
        of operation: any Lowerable, inputs: [Tensor?], outputs: [Tensor], node: NodeID, step: Int
    ) throws(RuntimeError) -> (StoredForm, [Tensor?]) {
        var form = StoredForm(operation, operands: [], movesResult: false)
        if outputs.count == 1, let relayable = operation as? any Relayable,
            let found = try relayable.storedForm(inputs: inputs, output: outputs[0])
        {
            form = found
        }
        var operands: [Tensor?] = []
        for (index, input) in inputs.enumerated() {
            guard let input else {
                operands.append(nil)
                continue
            }
            let wanted = form.operands.indices.contains(index) ? form.operands[index] : .model
            if let image = try image(input, as: wanted, of: node, step: step) {
                operands.append(image)
                continue
            }
            operands.append(try take(tensors[input.id.index] ?? input, as: wanted, node: node, step: step))
        }
        return (form, operands)
    }

    /// Makes an image that the operator does not make itself.
    mutating func makeImages(
        _ lowering: inout Lowering, _ form: StoredForm, node: NodeID, step: Int
    ) throws(RuntimeError) {
        guard let x = lowering.optionalInput(0), let source = x.source else { return }
        if let reader = form.operation as? any ImageReader, reader.readsSource(lowering) { return }
        if source.type == .float32 {
            tensors[x.id.index] = x
            try makePostponed(x.id, step: step)
            lowering.inputs[0] = tensors[x.id.index]
        } else if let tensor = tensors[x.id.index] {
            lowering.inputs[0] = try take(tensor, as: .channelsLast, node: node, step: step)
        }
    }

    /// The result as it is stored with the channels last. A graph output keeps the model's order: what the operator makes
    /// is then another tensor.
    mutating func movedResult(_ output: Tensor) -> Tensor {
        var result = output.permuted(ChannelOrder.toLast(rank: output.sizes.count))
        result.isMoved = output.sizes.count > 2
        guard result.isMoved, graph.outputs.contains(output.id) else { return result }
        result.id = addTensor(lastUse: order.lastIndex { graph[$0].inputs.contains(output.id) } ?? -1)
        otherForm[output.id.index] = result.id
        otherForm[result.id.index] = output.id
        return result
    }

    /// The axis of a tensor's channels: 1 if something has stored them last that the model has first.
    func info(of value: ValueID) -> TensorInfo? {
        guard graph.contains(value), let tensor = tensors[value.index] else { return nil }
        let isChannelsFirst = tensor.isMoved || otherForm[value.index] != nil
        return tensor.info(channelAxis: isChannelsFirst && tensor.sizes.count > 1 ? 1 : max(0, tensor.sizes.count - 1))
    }

    private mutating func addTensor(lastUse last: Int) -> ValueID {
        tensors.append(nil)
        bufferOf.append(nil)
        lastUse.append(last)
        return ValueID(index: tensors.count - 1)
    }

    private mutating func take(
        _ tensor: Tensor, as form: StoredForm.Operand, node: NodeID, step: Int
    ) throws(RuntimeError) -> Tensor {
        let rank = tensor.sizes.count
        switch form {
        case .model:
            guard tensor.isMoved else { return tensor }
            return try other(tensor, ChannelOrder.toFirst(rank: rank), isMoved: false, node: node, step: step)
        case .channelsLast:
            guard !tensor.isMoved, rank > 2 else { return tensor }
            return try other(tensor, ChannelOrder.toLast(rank: rank), isMoved: true, node: node, step: step)
        case .permuted(let permutation):
            let model = try take(tensor, as: .model, node: node, step: step)
            guard permutation.count == rank else { return model }
            return try reordered(model, permutation, node: node, step: step)
        case .broadcast(let full):
            guard !tensor.isMoved else { return tensor }
            if rank == full { return try take(tensor, as: .channelsLast, node: node, step: step) }
            var spread = tensor
            let front = Array(repeating: 1, count: max(0, full - rank))
            spread.sizes = front + tensor.sizes
            if let axis = tensor.quantization?.axis { spread.quantization?.axis = axis + front.count }
            return try reordered(spread, ChannelOrder.toLast(rank: full), node: node, step: step)
        case .integers(let values):
            var constant = tensor
            constant.id = addTensor(lastUse: step)
            constant.type = .int64
            constant.constant = TensorData(values.map(Int64.init))
            constant.byteCount = values.count * 8
            tensors[constant.id.index] = constant
            return constant
        }
    }

    /// The tensor in the other order, made when it is first asked for.
    private mutating func other(
        _ tensor: Tensor, _ permutation: [Int], isMoved: Bool, node: NodeID, step: Int
    ) throws(RuntimeError) -> Tensor {
        if let id = otherForm[tensor.id.index], let found = tensors[id.index] { return found }
        var result = try reordered(tensor, permutation, node: node, step: step)
        result.isMoved = isMoved
        tensors[result.id.index] = result
        otherForm[tensor.id.index] = result.id
        otherForm[result.id.index] = tensor.id
        return result
    }

    /// A new tensor with the axes permuted.
    private mutating func reordered(
        _ tensor: Tensor, _ permutation: [Int], node: NodeID, step: Int
    ) throws(RuntimeError) -> Tensor {
        var result = tensor.permuted(permutation)
        let source = tensors[tensor.id.index]
        result.id = addTensor(lastUse: lastUse[tensor.id.index])
        result.isMoved = false
        // The copy reads the tensor under the shape that it is given here.
        tensors[tensor.id.index] = tensor
        let location = graph.describe(node)
        let calls = try copy(tensor, to: result, permutation, step: step, location: location)
        tensors[tensor.id.index] = source
        if !calls.isEmpty {
            let info = StepInfo(
                node: node, name: "\(tensor.description), reordered", operation: "Transpose", multiplyAdds: 0,
                outputs: [])
            lowered.append(LoweredNode(info: info, calls: calls, scratch: []))
        }
        return tensors[result.id.index] ?? result
    }

    /// Puts a moved tensor back into the model's order.
    mutating func reorder(
        _ source: ValueID, into target: Tensor, step: Int, location: String
    ) throws(RuntimeError) -> [KernelCall] {
        guard let tensor = tensors[source.index] else { return [] }
        let permutation = ChannelOrder.toFirst(rank: tensor.sizes.count)
        return try copy(tensor, to: target, permutation, step: step, location: location)
    }

    /// Defines `target` as `source` with its axes permuted: the same memory if no element moves, a constant if the source
    /// is one, and otherwise what the returned calls make.
    private mutating func copy(
        _ source: Tensor, to target: Tensor, _ permutation: [Int], step: Int, location: String
    ) throws(RuntimeError) -> [KernelCall] {
        var target = target
        target.constant = nil
        let isStill = ChannelOrder.isStill(permutation, sizes: source.sizes)
        if isStill {
            target.constant = source.constant
            tensors[target.id.index] = target
            if source.constant != nil { return [] }
            if let buffer = bufferOf[source.id.index] {
                share(buffer, with: target)
                return []
            }
        }
        tensors[target.id.index] = target
        var lowering = Lowering(
            location: location, inputs: [source], outputs: [target], storage: storage, isa: isa,
            numerics: options.numerics)
        let strides = source.strides
        try lowering.emitCopy(
            from: StridedView(source, strides: permutation.map { strides[$0] }), to: StridedView(target),
            sizes: target.sizes)
        if source.constant != nil {
            try evaluate(lowering)
            return []
        }
        addBuffer(for: target, at: step)
        return lowering.calls
    }
}

extension Tensor {
    /// The tensor with its axes in another order, its elements left out.
    func permuted(_ permutation: [Int]) -> Tensor {
        var result = self
        result.constant = nil
        result.sizes = permutation.map { sizes[$0] }
        if let strides = source?.strides { result.source?.strides = permutation.map { strides[$0] } }
        if let axis = quantization?.axis { result.quantization?.axis = permutation.firstIndex(of: axis) }
        return result
    }
}
