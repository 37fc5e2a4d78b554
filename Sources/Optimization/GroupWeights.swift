import ModelGraph
import Operators

extension LinearGroup {
    /// The group's weights as real numbers; nil if they are integers already.
    package func realWeights(in graph: Graph, connections: GraphConnections) -> WeightTensor? {
        guard let sizes = graph[weights].shape?.sizes,
            let values = graph.realConstant(weights, connections: connections),
            values.count == Shape.elementCount(sizes)
        else { return nil }
        return WeightTensor(values: values, sizes: sizes, channelAxis: channelAxis, groups: weightGroups)
    }

    /// The group's weights as the real numbers that they stand for, whether stored as such or as int8.
    package func storedWeights(in graph: Graph, connections: GraphConnections) -> WeightTensor? {
        if let real = realWeights(in: graph, connections: connections) { return real }
        let value = graph[graph.constantSource(of: weights, connections: connections)]
        guard value.type == .int8, let data = value.constant, let quantization = value.quantization,
            let sizes = value.shape?.sizes, sizes.count > channelAxis, weightGroups == 1,
            data.byteCount == Shape.elementCount(sizes),
            quantization.scales.count == 1 || quantization.scales.count == sizes[channelAxis]
        else { return nil }
        var result = WeightTensor(
            values: data.elements(as: Int8.self).map(Float.init), sizes: sizes, channelAxis: channelAxis)
        for channel in 0..<result.channels {
            let entry = quantization.scales.count == 1 ? 0 : channel
            let zeroPoint = Float(quantization.zeroPoints[entry])
            result.forEachIndex(ofChannel: channel) {
                result.values[$0] = (result.values[$0] - zeroPoint) * quantization.scales[entry]
            }
        }
        return result
    }

    /// The bias [channels] as the operator adds it, β included, zeros if there is none; nil if it is not a real constant
    /// for each channel.
    package func realBias(in graph: Graph, connections: GraphConnections) -> [Float]? {
        guard let bias else { return Array(repeating: 0, count: channels) }
        guard let values = graph.realConstant(bias, connections: connections) else { return nil }
        let isGeneral = graph[linear].operation is Gemm
        if isGeneral, values.count == 1 {
            return Array(repeating: Float(Double(values[0]) * biasFactor), count: channels)
        }
        // Gemm's bias broadcasts to the whole result: one for each row may have as many elements.
        guard values.count == channels, !isGeneral || graph[bias].shape?.sizes?.last == channels else { return nil }
        return biasFactor == 1 ? values : values.map { Float(Double($0) * biasFactor) }
    }

    /// The weights that the group as a whole applies, W·γ: pruning ranks these, whether or not folding comes first.
    package func effectiveWeights(in graph: Graph, connections: GraphConnections) -> WeightTensor? {
        realWeights(in: graph, connections: connections)?.scaled(by: affine.scale.map(Float.init))
    }

    /// The bias that the group as a whole applies, b·γ + β.
    package func effectiveBias(in graph: Graph, connections: GraphConnections) -> [Double]? {
        realBias(in: graph, connections: connections).map { bias in
            zip(bias, zip(affine.scale, affine.offset)).map { Double($0) * $1.0 + $1.1 }
        }
    }

    /// What changing the weights adds to the mean of each channel of the linear operator: Σ (W′ − W)·E[x].
    ///
    /// - Parameter inputMeans: the mean of each input channel; nil for none, which corrects nothing.
    /// - Source: Nagel et al. 2019, section 4.2.
    func meanError(
        from original: WeightTensor, to changed: WeightTensor, inputMeans: [Double]?
    ) -> [Double] {
        guard let inputMeans, !inputMeans.isEmpty else { return Array(repeating: 0, count: channels) }
        return (0..<channels).map { channel in
            var error = 0.0
            var position = 0
            original.forEachIndex(ofChannel: channel) { index in
                // A dense layer may read several axes as one, of which the means tell of the last.
                let mean = inputMeans[inputChannel(of: channel, position: position) % inputMeans.count]
                error += Double(changed.values[index] - original.values[index]) * mean
                position += 1
            }
            return error
        }
    }
}
