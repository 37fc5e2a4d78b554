import ModelGraph
import Operators

// Normalization before a linear operator.

extension LinearGroup {
    /// A node that scales or shifts each channel of what only this operator reads.
    func precedingNormalization(in graph: Graph, connections: GraphConnections) -> NodeID? {
        guard let data = graph[linear].inputs[0], connections.soleConsumer(of: data) == linear,
            graph[linear].inputs.count(where: { $0 == data }) == 1, let producer = connections.producer(of: data),
            precedingAffine(of: producer, in: graph, connections: connections) != nil
        else { return nil }
        return producer
    }

    /// What a node before the operator computes, and of which value.
    fileprivate func precedingAffine(
        of id: NodeID, in graph: Graph, connections: GraphConnections
    ) -> (input: ValueID, affine: ChannelAffine)? {
        let node = graph[id]
        let operation = graph[linear].operation
        guard node.outputs.count == 1, (node.operation as? Binary)?.activation ?? Activation.none == Activation.none,
            (operation as? Gemm)?.transposesA != true
        else { return nil }
        let (count, overflow) = groups.multipliedReportingOverflow(by: inputChannels)
        guard !overflow else { return nil }
        for case let input? in node.inputs where graph[input].constant == nil && graph[input].type == .float32 {
            // A dense layer may read several axes as one; then what it reads is not along a single axis.
            if operation is FullyConnected, graph[input].shape?.dimensions.last?.size != count { continue }
            let weightRank = graph[weights].shape?.rank
            let axis = ChannelAxis(
                place: channelPlace, channels: count,
                rank: graph[input].shape?.rank
                    ?? (operation is Convolution || operation is TransposedConvolution || operation is Gemm
                        ? weightRank : nil))
            if let affine = ChannelAffine(node, input: input, axis, in: graph, connections: connections) {
                return (input, affine)
            }
        }
        return nil
    }
}

extension FoldBatchNormPass {
    /// Folds what stands before the operator into its weights and its bias.
    func foldPreceding(
        _ norm: NodeID, into group: LinearGroup, in graph: Graph, connections: GraphConnections
    ) throws(Refusal) -> GraphPatch {
        guard let (input, affine) = group.precedingAffine(of: norm, in: graph, connections: connections) else {
            throw Refusal(reason: "its parameters are not constant")
        }
        let name = graph.layerName(group.linear)
        guard graph[group.weights].type == .float32, graph[group.weights].constant != nil,
            let weights = group.realWeights(in: graph, connections: connections)
        else { throw Refusal(reason: "the weights of \(name) behind it are not float32") }
        guard connections.consumers(of: group.weights).count == 1 else {
            throw Refusal(reason: "other operators read the weights of \(name) behind it")
        }
        guard !affine.shifts || !group.pads(in: graph) else {
            throw Refusal(reason: "the border that \(name) behind it pads would miss the shift")
        }
        let isGone = group.takesBias || !affine.shifts
        guard isGone || graph[norm].operation is BatchNormalization else {
            throw Refusal(reason: "\(name) behind it takes no bias")
        }
        guard let bias = group.realBias(in: graph, connections: connections) else {
            throw Refusal(reason: "the bias of \(name) behind it is not a real constant for each channel")
        }
        var scaled = weights
        var offset = bias.map(Double.init)
        for channel in 0..<group.channels {
            var position = 0
            weights.forEachIndex(ofChannel: channel) { index in
                let source = group.inputChannel(of: channel, position: position)
                let weight = Double(weights.values[index])
                scaled.values[index] = Float(weight * affine.scale[source])
                offset[channel] += group.productFactor * weight * affine.offset[source]
                position += 1
            }
        }
        guard scaled.values.allSatisfy(\.isFinite), offset.allSatisfy(\.isFinite) else {
            throw Refusal(reason: "the product with the weights of \(name) behind it is not finite")
        }
        var patch = GraphPatch("fold \(graph.layerName(norm)) into \(name) behind it", for: graph)
        var constant = graph[group.weights]
        constant.constant = TensorData(scaled.values)
        patch.updateValue(group.weights, constant)
        var node = graph[group.linear]
        node.inputs[0] = input
        if affine.shifts {
            let biasName = group.bias.map { graph[$0].name } ?? "\(name)/bias"
            let id = patch.addValue(
                Value(
                    name: biasName, type: .float32, shape: [offset.count],
                    constant: TensorData(offset.map { Float($0) })))
            if group.takesBias {
                node = node.withBias(id)
            } else {
                let result = node.outputs[0]
                var product = graph[result]
                (product.name, product.source) = (product.name + "/product", nil)
                node.outputs = [patch.addValue(product)]
                let following = graph.order.firstIndex(of: group.linear).map { $0 + 1 } ?? graph.order.count
                patch.addNode(
                    Node(Binary(.add), inputs: [node.outputs[0], id], outputs: [result], name: graph[norm].name),
                    before: following < graph.order.count ? graph.order[following] : nil)
            }
        }
        patch.updateNode(group.linear, node)
        patch.removeNode(norm)
        return patch
    }
}

extension LinearGroup {
    /// Whether a window of the operator reaches over the border of what it reads, or may.
    fileprivate func pads(in graph: Graph) -> Bool {
        let node = graph[linear]
        let x = node.inputs[0].flatMap { graph.windowedSizes($0) }
        let w = graph[weights].shape?.sizes
        switch node.operation {
        case let op as Convolution:
            return op.padding.reachesOver { () throws(GraphError) in
                guard let x, let w else { return nil }
                return try op.windows(x: x, w: w)
            }
        case let op as DepthwiseConvolution:
            return op.padding.reachesOver { () throws(GraphError) in
                guard let x, let w else { return nil }
                return try op.windows(x: x, w: w)
            }
        // Fewer filters overlap at the border, whatever is cut off.
        case is TransposedConvolution: return true
        default: return false
        }
    }
}

extension Padding {
    /// Whether windows reach over the border, which `same` tells only with the extents.
    fileprivate func reachesOver(_ windows: () throws(GraphError) -> [Window]?) -> Bool {
        switch self {
        case .valid: return false
        case .explicit(let amounts): return amounts.contains { $0.before != 0 || $0.after != 0 }
        case .same, .sameLower:
            guard let windows = try? windows() else { return true }
            return windows.contains { window in
                let end = (window.output - 1) * window.stride + (window.kernel - 1) * window.dilation + 1
                return window.before > 0 || end - window.before > window.input
            }
        }
    }
}

extension Graph {
    /// Why a batch normalization cannot be folded, for the user.
    func reasonForNormalization(_ id: NodeID, connections: GraphConnections) -> String {
        let node = self[id]
        let areConstant = node.inputs.dropFirst().allSatisfy { operand in
            operand.map { isRealConstant($0, connections: connections) } ?? false
        }
        guard areConstant else { return "its parameters are not real constants" }
        guard case let input?? = node.inputs.first, let producer = connections.producer(of: input) else {
            return "no linear operator stands before it or right behind it"
        }
        let name = layerName(producer)
        if self[producer].operation is Concatenation { return "what it normalizes is joined by \(name)" }
        if LinearGroup(at: producer, in: self, connections: connections) != nil,
            connections.soleConsumer(of: input) == nil
        {
            return "the result of \(name) is read elsewhere too"
        }
        if let behind = node.outputs.first.flatMap({ connections.soleConsumer(of: $0) }), self[behind].operation is Pad
        {
            return "the padding of \(layerName(behind)) behind it would miss the shift"
        }
        return "no linear operator stands before it or right behind it"
    }
}
