import ModelGraph

/// Sets the weights that matter least to zero.
///
///     linear(W, b)   ⟹   linear(W ⊙ mask, b′)          b′ = b + Σ (W − W ⊙ mask)·E[x]
///
/// With calibration samples, the bias takes what the weights added on average, so that each layer's mean stays; without
/// samples, or where our core cannot run the model, b′ = b.
///
/// A weight's magnitude is that of the effective weight W·γ, so that it makes no difference whether normalization is
/// folded before or after. Per layer, the same share of every layer goes. Globally, weights are ranked by the LAMP
/// score w² / Σ v² over the layer's weights v at least as large, which weighs layers against each other without a
/// setting. Ties fall in the order of the elements.
///
/// Depthwise layers, and the first and last layers, keep their weights unless asked: they hold few and bear little.
///
/// - Source: Lee et al. 2021, Layer-adaptive Sparsity for the Magnitude-based Pruning (LAMP); Nagel et al. 2019,
///   section 4.2 (the mean).
package struct PrunePass: Pass {
    package static let name = "prune"
    package static let summary = "set the weights that matter least to zero"

    private let context: PassContext
    private let settings: PruneSettings?
    private var means: [ValueID: [Double]] = [:]
    private var pending: [Target]?
    package private(set) var notes: [String] = []

    /// The layer's weights, and which of them go.
    private struct Target {
        var node: NodeID
        var weights: ValueID
        var zeroed: [Int]
    }

    package init(context: PassContext) throws(PassError) {
        self.context = context
        settings = context.settings.pruning
        if let settings, !(0...1).contains(settings.sparsity) {
            throw PassError(
                .invalidSetting, "the sparsity \(settings.sparsity) is not between 0 and 1", pass: Self.name)
        }
    }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        guard let settings, settings.sparsity > 0 else { return nil }
        if pending == nil {
            let targets = targets(in: graph, settings)
            pending = targets
            try observeMeans(of: targets, in: graph)
        }
        while let target = pending?.popLast() {
            guard !target.zeroed.isEmpty else { continue }
            var patch = GraphPatch("zero \(target.zeroed.count) weights of \(graph.layerName(target.node))", for: graph)
            var value = graph[target.weights]
            guard let data = value.constant, let width = value.type.bitWidth else { continue }
            value.constant = data.zeroing(elements: target.zeroed, byteWidth: width / 8)
            patch.updateValue(target.weights, value)
            compensate(target, prunedTo: value, in: graph, patch: &patch)
            return patch
        }
        return nil
    }

    private mutating func observeMeans(of targets: [Target], in graph: Graph) throws(PassError) {
        guard let samples = context.calibration, samples.count > 0, !targets.isEmpty else { return }
        let calibrator: Calibrator
        do {
            calibrator = try Calibrator(
                model: context.model, samples: samples, pool: context.pool, progress: context.progress)
        } catch {
            notes.append("biases stay as they were: \(error)")
            return
        }
        means = try calibrator.channelMeans(of: Set(targets.compactMap { graph[$0.node].linearOperand }))
    }

    /// Gives the bias what the pruned weights added on average.
    private func compensate(_ target: Target, prunedTo value: Value, in graph: Graph, patch: inout GraphPatch) {
        let connections = GraphConnections(graph)
        guard let input = graph[target.node].linearOperand, let inputMeans = means[input],
            // A bias belongs to one operator only; weights may be read by several.
            connections.consumers(of: target.weights).count == 1,
            let group = LinearGroup(at: target.node, in: graph, connections: connections),
            let before = group.realWeights(in: graph, connections: connections),
            let bias = group.realBias(in: graph, connections: connections)
        else { return }
        var after = before
        for element in target.zeroed { after.values[element] = 0 }
        let errors = group.meanError(from: before, to: after, inputMeans: inputMeans)
        let name = group.bias.map { graph[$0].name } ?? "\(graph.layerName(group.linear))/bias"
        var node = graph[target.node]
        let compensated = patch.addValue(
            Value(
                name: name, type: .float32, shape: [group.channels],
                constant: TensorData(zip(bias, errors).map { Float(Double($0) - $1) })))
        node = node.withBias(compensated)
        patch.updateNode(target.node, node)
    }

    private mutating func targets(in graph: Graph, _ settings: PruneSettings) -> [Target] {
        let connections = GraphConnections(graph)
        let groups = LinearGroup.all(in: graph, connections: connections)
        let border = settings.includesFirstAndLast ? [] : graph.borderLayers(of: groups, connections: connections)
        var layers: [(target: Target, scores: WeightTensor)] = []
        var seen: Set<ValueID> = []
        var protected: [String] = []
        var unreal: [String] = []
        for group in groups {
            let source = graph.constantSource(of: group.weights, connections: connections)
            guard seen.insert(source).inserted else { continue }
            guard let weights = group.effectiveWeights(in: graph, connections: connections) else {
                unreal.append(graph.layerName(group.linear))
                continue
            }
            if border.contains(group.linear) || (group.kind == .depthwiseConvolution && !settings.includesDepthwise) {
                protected.append(graph.layerName(group.linear))
                continue
            }
            layers.append((Target(node: group.linear, weights: source, zeroed: []), weights))
        }
        if !protected.isEmpty {
            notes.append("left unpruned, as first, last or depthwise layers: \(protected.abridged)")
        }
        if !unreal.isEmpty { notes.append("left unpruned, as their weights are integers already: \(unreal.abridged)") }
        if layers.isEmpty { notes.append("there are no weights to prune") }
        let chosen =
            switch settings.scope {
            case .perLayer: layers.map { PrunePass.smallest($0.scores.values, share: settings.sparsity) }
            case .global: PrunePass.smallestGlobally(layers.map(\.scores.values), share: settings.sparsity)
            }
        return zip(layers, chosen).map { layer, zeroed in
            Target(node: layer.target.node, weights: layer.target.weights, zeroed: zeroed)
        }.reversed()
    }

    /// The indices of the elements of least magnitude, as many as make up the share.
    static func smallest(_ values: [Float], share: Double) -> [Int] {
        let count = Int((Double(values.count) * share).rounded())
        return Array(ascending(values).prefix(count))
    }

    /// For each layer, the indices of its elements among those with the least LAMP score of all layers.
    static func smallestGlobally(_ layers: [[Float]], share: Double) -> [[Int]] {
        var ranked: [(score: Double, layer: Int, element: Int)] = []
        for (layer, values) in layers.enumerated() {
            var larger = 0.0
            for element in ascending(values).reversed() {
                let square = Double(values[element]) * Double(values[element])
                larger += square
                ranked.append((larger > 0 ? square / larger : 0, layer, element))
            }
        }
        ranked.sort { ($0.score, $0.layer, $0.element) < ($1.score, $1.layer, $1.element) }
        var chosen = Array(repeating: [Int](), count: layers.count)
        for entry in ranked.prefix(Int((Double(ranked.count) * share).rounded())) {
            chosen[entry.layer].append(entry.element)
        }
        return chosen
    }

    private static func ascending(_ values: [Float]) -> [Int] {
        values.indices.sorted { (abs(values[$0]), $0) < (abs(values[$1]), $1) }
    }
}

extension TensorData {
    /// The data with some elements set to zero bytes.
    fileprivate func zeroing(elements: [Int], byteWidth: Int) -> TensorData {
        var bytes = withUnsafeBytes(Array.init)
        for element in elements {
            for offset in 0..<byteWidth { bytes[element * byteWidth + offset] = 0 }
        }
        return TensorData(bytes: bytes)
    }
}

extension Graph {
    /// The linear operators that no other stands before, or none behind.
    fileprivate func borderLayers(of groups: [LinearGroup], connections: GraphConnections) -> Set<NodeID> {
        let linear = Set(groups.map(\.linear))
        var border: Set<NodeID> = []
        var behindLinear: Set<ValueID> = []
        for id in order {
            let isBehind = self[id].inputs.contains { $0.map(behindLinear.contains) ?? false }
            if linear.contains(id), !isBehind { border.insert(id) }
            if linear.contains(id) || isBehind { behindLinear.formUnion(self[id].outputs) }
        }
        var beforeLinear: Set<ValueID> = []
        for id in order.reversed() {
            let isBefore = self[id].outputs.contains(where: beforeLinear.contains)
            if linear.contains(id), !isBefore { border.insert(id) }
            if linear.contains(id) || isBefore { beforeLinear.formUnion(self[id].inputs.compactMap(\.self)) }
        }
        return border
    }
}
