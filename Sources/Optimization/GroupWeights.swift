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
