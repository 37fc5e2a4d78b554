import ModelGraph
import Operators

// A Quantize of images waits for the first convolution that reads them.

extension Planner {
    /// Leaves the quantization of an image to the convolution that reads it next.
    ///
    /// - Returns: false if it has to be done now.
    mutating func postpones(_ node: Node, _ x: Tensor?, _ output: Tensor, _ id: NodeID, step: Int) -> Bool {
        guard options.joinsOperators, !keepsAllValues, node.operation is Quantize, let x, x.type == .float32,
            x.constant == nil, !x.isState,
            (3...4).contains(x.sizes.count), output.type == .int8 || output.type == .uint8,
            (try? output.affineScale()) != nil, lastUse[output.id.index] < order.count,
            // The memory of state, under whatever name, may be written to before the convolution runs.
            let buffer = bufferOf[x.id.index], buffers[buffer].first >= 0 || buffers[buffer].last < .max,
            let reader = order[(step + 1)...].firstIndex(where: { graph.reads(of: $0).contains(output.id) }),
            isImage(output.id, of: order[reader])
        else { return false }
        var image = x.isMoved ? output.permuted(ChannelOrder.toLast(rank: x.sizes.count)) : output
        image.isMoved = x.isMoved
        image.source = ImageSource(value: x.id, type: .float32, strides: image.strides)
        tensors[output.id.index] = image
        postponed[output.id.index] = id
        // What it comes from has to last that long.
        lastUse[x.id.index] = max(lastUse[x.id.index], reader)
        buffers[buffer].last = max(buffers[buffer].last, reader)
        return true
    }

    /// Whether the value is the image that a convolution goes over, and no other operand of it.
    private func isImage(_ value: ValueID, of id: NodeID) -> Bool {
        let node = graph[id]
        let operation = (node.operation as? StoredUnsigned)?.operation ?? node.operation
        return operation is Convolution && node.inputs.first == value
            && node.inputs.count(where: { $0 == value }) == 1
    }

    /// Whether a convolution is the only one to read the value, so that it may have its own form of it.
    func isOnlyImage(_ value: ValueID, of id: NodeID) -> Bool {
        guard graph.contains(value), isImage(value, of: id) else { return false }
        return readerCount[value.index] == 1
    }

    /// Makes what was postponed, as it is stored.
    mutating func makePostponed(_ value: ValueID, step: Int) throws(RuntimeError) {
        guard let node = postponed.removeValue(forKey: value.index), var tensor = tensors[value.index],
            let source = tensor.source, let x = tensors[source.value.index]
        else { return }
        let image = tensor
        tensor.source = nil
        tensors[value.index] = tensor
        var lowering = Lowering(
            location: graph.describe(node), inputs: [x], outputs: [tensor], storage: storage, isa: isa,
            numerics: options.numerics)
        if source.strides == tensor.strides {
            try Quantize().lower(into: &lowering)
        } else {
            let rank = image.sizes.count
            let frame = ImageFrame(height: rank == 4 ? image.sizes[1] : 1, width: image.sizes[rank - 2])
            try lowering.emitImage(image, source, frame, into: .value(value))
        }
        let (calls, scratch) = try place(lowering, step: step)
        let info = StepInfo(
            node: node, name: lowering.location, operation: graph[node].operation.name, multiplyAdds: 0,
            outputs: [value])
        lowered.append(LoweredNode(info: info, calls: calls, scratch: scratch))
    }

    /// The operand of a node in the form that it wants, if it comes from elsewhere or is a copy for this node alone.
    ///
    /// - Returns: nil if the operand is made the ordinary way.
    mutating func image(
        _ tensor: Tensor, as form: StoredForm.Operand, of node: NodeID, step: Int
    ) throws(RuntimeError) -> Tensor? {
        let rank = tensor.sizes.count
        var isMoving = false
        if case .channelsLast = form { isMoving = !tensor.isMoved && (3...4).contains(rank) }
        let toLast = ChannelOrder.toLast(rank: rank)
        if tensor.source != nil {
            var moved = isMoving ? tensor.permuted(toLast) : tensor
            moved.isMoved = tensor.isMoved || isMoving
            if isOnlyImage(tensor.id, of: node) { return moved }
            tensors[tensor.id.index] = moved
            try makePostponed(tensor.id, step: step)
            return nil
        }
        guard isMoving, !keepsAllValues, tensor.type == .int8 || tensor.type == .uint8, tensor.constant == nil,
            otherForm[tensor.id.index] == nil, !ChannelOrder.isStill(toLast, sizes: tensor.sizes),
            isOnlyImage(tensor.id, of: node)
        else { return nil }
        var moved = tensor.permuted(toLast)
        moved.isMoved = true
        moved.source = ImageSource(value: tensor.id, type: tensor.type, strides: toLast.map { tensor.strides[$0] })
        return moved
    }
}
