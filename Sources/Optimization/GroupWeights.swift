import ModelGraph
import Operators
import Runtime

extension LinearGroup {
    /// The group's weights as real numbers; nil if they are integers already.
    package func realWeights(in graph: Graph, connections: GraphConnections) -> WeightTensor? {
        guard let sizes = graph[weights].shape?.sizes,
            let values = graph.realConstant(weights, connections: connections),
            values.count == Shape.elementCount(sizes)
        else { return nil }
        return WeightTensor(values: values, sizes: sizes, channelAxis: channelAxis, groups: weightGroups)
    }

    /// Whether the group's weights are all finite, looked at where they are stored if possible; nil if they are no real
    /// constant.
    func hasFiniteWeights(in graph: Graph, connections: GraphConnections) -> Bool? {
        let value = graph[weights]
        if value.type == .float32, let data = value.constant, graph.isRealConstant(weights, connections: connections),
            let sizes = value.shape?.sizes, data.byteCount == Shape.elementCount(sizes + [4])
        {
            if data.withUnsafeBytes({ TensorObservation.areFinite($0) }) { return true }
        }
        return realWeights(in: graph, connections: connections)?.isFinite
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
        // A dense layer may read several axes as one, of which the means tell of the last.
        func mean(_ channel: Int, _ position: Int) -> Double {
            inputMeans[inputChannel(of: channel, position: position) % inputMeans.count]
        }
        let arrangement = original.arrangement
        var errors = Array(repeating: 0.0, count: channels)
        original.values.withUnsafeBufferPointer { original in
            changed.values.withUnsafeBufferPointer { changed in
                guard arrangement.groups == 1, arrangement.outer == 1, arrangement.channels == channels else {
                    for channel in 0..<channels {
                        var (error, position) = (0.0, 0)
                        arrangement.forEachIndex(ofChannel: channel) { index in
                            error += Double(changed[index] - original[index]) * mean(channel, position)
                            position += 1
                        }
                        errors[channel] = error
                    }
                    return
                }
                // Channels that read the same inputs.
                let (length, alike) = (arrangement.inner, max(1, channels / groups))
                for first in stride(from: 0, to: channels, by: alike) {
                    let means = (0..<length).map { mean(first, $0) }
                    for channel in first..<min(first + alike, channels) {
                        let weights = (channel * length)..<((channel + 1) * length)
                        errors[channel] = Self.sum(
                            of: UnsafeBufferPointer(rebasing: changed[weights]),
                            minus: UnsafeBufferPointer(rebasing: original[weights]), times: means)
                    }
                }
            }
        }
        return errors
    }

    /// Σ (a − b)·factor.
    private static func sum(
        of a: UnsafeBufferPointer<Float>, minus b: UnsafeBufferPointer<Float>, times factors: [Double]
    ) -> Double {
        let (a, b) = (UnsafeRawBufferPointer(a), UnsafeRawBufferPointer(b))
        return factors.withUnsafeBytes { factors in
            // Several sums at once: one would wait for itself.
            let lanes = SIMD8<Double>.scalarCount
            var sums = SIMD8<Double>.zero
            let count = factors.count / MemoryLayout<Double>.stride
            var index = 0
            while index + lanes <= count {
                let difference =
                    a.loadUnaligned(fromByteOffset: 4 * index, as: SIMD8<Float>.self)
                    - b.loadUnaligned(fromByteOffset: 4 * index, as: SIMD8<Float>.self)
                sums +=
                    SIMD8<Double>(difference)
                    * factors.loadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self)
                index += lanes
            }
            var total = sums.sum()
            while index < count {
                let difference =
                    a.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
                    - b.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
                total += Double(difference) * factors.loadUnaligned(fromByteOffset: 8 * index, as: Double.self)
                index += 1
            }
            return total
        }
    }
}
