import ModelGraph
import Operators

/// Stores weights, and with full int8 activations too, as 8-bit integers.
///
///     x → op → y   ⟹   x → Quantize → int8 op → Dequantize → y
///
/// One patch for each operator; a Quantize behind a Dequantize of the same tensor never arises, because an integer
/// operator reads the integers of the one before it. Operators with no int8 form stay real between Dequantize and
/// Quantize. Integer operators and constants of the input are left as they are.
///
/// - Requires: a calibration set that our core can run the model on, for full int8.
/// - Source: LiteRT 8-bit quantization specification; Nagel et al. 2019 (bias correction).
package struct QuantizePass: Pass {
    package static let name = "quantize"
    package static let summary = "store weights, and with --int8 activations, as 8-bit integers"

    private let context: PassContext
    private var work: [Step]?
    private var plan = QuantizationPlan()
    private var means: [ValueID: [Double]] = [:]
    /// The weights of linear operators that are yet to be replaced.
    private var quantizedGroups: [NodeID: QuantizedGroup] = [:]
    /// The integer form of each real tensor that has one.
    private var integers: [ValueID: ValueID] = [:]
    package private(set) var notes: [String] = []
    package private(set) var realOperators: [RealOperator] = []

    private enum Step {
        /// Declares what only running has told of these tensors.
        case declare([ValueID])
        case plan(CalibrationStatistics, foldsLater: Bool)
        case integerOperator(NodeID)
        case weights(LinearGroup)
        case interface
        case shapes
        case names
    }

    private let target: QuantizationTarget
    private var denseLayers = GraphScan()
    /// The integers of weights that several operators read, so that they are stored once.
    private var sharedWeights: [TensorData.Identity: ValueID] = [:]
    /// Weights that have been quantized already, by the operator that reads them.
    private var preparedWeights: [NodeID: WeightQuantizer.StoredResult] = [:]
    package private(set) var comparisons: [ValueID: KnownComparison] = [:]

    package init(context: PassContext) throws(PassError) {
        self.context = context
        target = QuantizationTarget(
            format: context.model.format, activations: context.settings.quantization?.activations)
    }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        guard let settings = context.settings.quantization else { return nil }
        if work == nil {
            if settings.mode == .int8, let patch = foldDenseLayers(in: graph) { return patch }
            work = try prepare(graph, settings)
        }
        while let step = work?.popLast() {
            let patch =
                switch step {
                case .declare(let values): declareReal(values, in: graph)
                case .plan(let statistics, let foldsLater): planIntegers(graph, statistics, foldsLater: foldsLater)
                case .integerOperator(let node): try quantize(node, in: graph)
                case .weights(let group): quantizeWeights(of: group, in: graph, settings.mode)
                case .interface: convertInterface(of: graph, settings.interface)
                case .shapes: readShapesOfIntegers(in: graph)
                case .names: restoreNames(in: graph)
                }
            guard let patch, !patch.isEmpty else { continue }
            if case .interface = step { work?.append(step) }
            return patch
        }
        return nil
    }

    // MARK: Planning

    /// The steps, last first.
    private mutating func prepare(_ graph: Graph, _ settings: QuantizationSettings) throws(PassError) -> [Step] {
        let connections = GraphConnections(graph)
        if settings.convertsInterfaceOnly { return [.interface] }
        let groups = LinearGroup.all(in: graph, connections: connections)
        noteIntegers(in: graph, groups)
        let foldsLater = context.laterPasses.contains(FoldBatchNormPass.name)
        guard settings.mode == .int8 else {
            let real = groups.filter { $0.hasRealWeights(in: graph, connections: connections) }
            if real.isEmpty { notes.append("there are no real weights to quantize") }
            if settings.mode == .dynamicRange, target.format == .onnx,
                real.contains(where: { $0.kind != .fullyConnected })
            {
                notes.append(
                    "convolutions keep real activations: engines are slower with integers that a .onnx quantizes as it runs"
                )
            }
            preparedWeights = quantizedWeights(of: real, in: graph, connections: connections)
            return real.reversed().map(Step.weights)
        }
        let inputs = Set(groups.map(\.data))
        let hasWork = graph.order.contains { id in
            if case .none = QuantizationRule(graph[id].operation, for: target.format) { return false }
            return graph[id].outputs.contains { graph[$0].type == .float32 || graph[$0].type == .variant }
        }
        guard hasWork else {
            notes.append("there is no float operator that has an int8 form")
            return [.names, .interface]
        }
        guard let calibration = context.calibration else {
            throw PassError(
                .calibrationRequired, "full int8 needs calibration samples", remedy: "pass --calibrate PATH")
        }
        var statistics = try Calibrator(
            model: context.model, samples: calibration, pool: context.pool, record: context.record,
            progress: context.progress
        ).observe(channelMeansOf: inputs)
        statistics.findRanges(context.pool)
        means = statistics.channelMeans
        let undeclared = statistics.histograms.keys.filter { graph[$0].type == .variant }.sorted()
        return [
            .names, .shapes, .interface, .plan(statistics, foldsLater: foldsLater), .declare(undeclared),
        ]
    }

    /// A file need not tell the types of inner tensors, and behind a shape that is computed no rule does.
    private func declareReal(_ values: [ValueID], in graph: Graph) -> GraphPatch {
        var patch = GraphPatch("declare the tensors that were seen to be real", for: graph)
        for id in values {
            var value = graph[id]
            value.type = .float32
            patch.updateValue(id, value)
        }
        return patch
    }

    private mutating func planIntegers(
        _ graph: Graph, _ statistics: CalibrationStatistics, foldsLater: Bool
    ) -> GraphPatch? {
        plan = QuantizationPlan(graph: graph, statistics: statistics, foldsLater: foldsLater, target: target)
        noteRealNodes(in: graph)
        quantizedGroups = QuantizedGroup.all(
            plan.nodes.compactMap { plan.groups[$0] }, in: graph, scales: plan.activations.mapValues(\.scale),
            means: means, pool: context.pool)
        work?.append(contentsOf: plan.nodes.reversed().map(Step.integerOperator))
        return nil
    }

    private mutating func noteRealNodes(in graph: Graph) {
        realOperators = plan.realNodes.map { node, reason in
            RealOperator(name: graph.layerName(node), operation: graph[node].operation.name, reason: reason)
        }
        var reasons: [String] = []
        for operation in realOperators where !reasons.contains(operation.reason) { reasons.append(operation.reason) }
        for reason in reasons {
            let names = realOperators.filter { $0.reason == reason }.map(\.name)
            notes.append("stays float, as \(reason): \(names.abridged)")
        }
    }

    /// Folds normalization into dense layers ahead of quantizing them: with one scale for all channels, folding behind
    /// it would not be exact.
    private mutating func foldDenseLayers(in graph: Graph) -> GraphPatch? {
        guard context.laterPasses.contains(FoldBatchNormPass.name) else { return nil }
        let connections = GraphConnections(graph)
        var scan = denseLayers
        defer { denseLayers = scan }
        return scan.next(in: graph) { id in
            guard let whole = LinearGroup(at: id, in: graph, connections: connections),
                whole.kind == .fullyConnected, whole.takesBias, !whole.normalizationNodes(in: graph).isEmpty,
                case let group = context.model.format == .onnx
                    ? whole.withoutSeparateActivation(in: graph) : whole,
                let patch = FoldBatchNormPass.patch(folding: group, in: graph, connections: connections)
            else { return nil }
            notes.append("folded ahead of quantizing, as it has one scale: \(graph.layerName(id))")
            return patch
        }
    }

    private mutating func noteIntegers(in graph: Graph, _ groups: [LinearGroup]) {
        let count = graph.order.count { id in
            graph[id].outputs.contains { graph[$0].type.isInteger && graph[$0].quantization != nil }
        }
        let weights = groups.count { graph[$0.weights].type.isInteger }
        if count > 0 || weights > 0 {
            notes.append(
                "the input is quantized already: \(count) integer operators and \(weights) integer weights are left as they are"
            )
        }
    }

    // MARK: Full int8

    private mutating func quantize(_ id: NodeID, in graph: Graph) throws(PassError) -> GraphPatch? {
        let node = graph[id]
        let results = plan.results(of: id, in: graph)
        let parameters = results.compactMap { plan.activations[$0] }
        guard parameters.count == results.count else {
            throw PassError(.unresolved, "\(graph.describe(id)) has no parameters for its result", pass: Self.name)
        }
        var patch = GraphPatch("quantize \(graph.layerName(id))", for: graph)
        var integerNode = node
        let connections = GraphConnections(graph)
        let group = plan.groups[id]
        let operands = Set(node.quantizedOperands(in: graph))
        for (index, input) in node.inputs.enumerated() {
            guard let input, operands.contains(input), input != group?.weights, input != group?.bias else { continue }
            integerNode.inputs[index] = try integerOperand(
                input, of: node, result: parameters.first, in: graph, connections: connections, patch: &patch,
                before: id)
        }
        if let group { quantizeGroup(group, in: graph, node: &integerNode, patch: &patch) }
        let last = group?.chain.last ?? id
        let position = connections.position(of: last) + 1
        let following = position < graph.order.count ? graph.order[position] : nil
        var end = last == id ? integerNode : graph[last]
        for (result, parameters) in zip(results, parameters) {
            let integer = patch.addValue(
                Value(
                    name: graph[result].name + "_int8", type: target.activations, shape: graph[result].shape,
                    quantization: parameters))
            integers[result] = integer
            end.outputs = end.outputs.map { $0 == result ? integer : $0 }
            patch.addNode(Node(Dequantize(), inputs: [integer], outputs: [result]), before: following)
        }
        patch.updateNode(id, last == id ? end : integerNode)
        if last != id { patch.updateNode(last, end) }
        return patch
    }

    /// The int8 form of an operand: what an operator before it wrote, a constant, or a Quantize of the real tensor;
    /// requantized where an operator must share its result's parameters with an operand that has fixed ones.
    private mutating func integerOperand(
        _ input: ValueID, of node: Node, result: Quantization?, in graph: Graph, connections: GraphConnections,
        patch: inout GraphPatch, before: NodeID
    ) throws(PassError) -> ValueID {
        let values = graph.realConstant(input, connections: connections)
        let found =
            values == nil
            ? plan.activations[input]
            : plan.parameters(ofConstant: input, readBy: before, in: graph, connections: connections)
        guard let parameters = found else {
            throw PassError(.unresolved, "\(graph.describe(input)) has no parameters", pass: Self.name)
        }
        let integer: ValueID
        if let known = integers[input],
            values == nil || graph.contains(known) && graph[known].quantization == parameters
        {
            integer = known
        } else if let values {
            integer = patch.addValue(
                Value(
                    name: graph[input].name, type: target.activations, shape: graph[input].shape,
                    quantization: parameters, constant: target.integers(values, parameters)))
            integers[input] = integer
        } else {
            integer = patch.addValue(
                Value(
                    name: graph[input].name + "_int8", type: target.activations, shape: graph[input].shape,
                    quantization: parameters))
            patch.addNode(Node(Quantize(), inputs: [input], outputs: [integer]), before: before)
            integers[input] = integer
        }
        guard QuantizationRule(node.operation, for: target.format) == .shared, let result, parameters != result
        else {
            return integer
        }
        let requantized = patch.addValue(
            Value(
                name: graph[input].name + "_requantized", type: target.activations, shape: graph[input].shape,
                quantization: result))
        patch.addNode(Node(Quantize(), inputs: [integer], outputs: [requantized]), before: before)
        return requantized
    }

    /// Replaces a group's weights and, unless folding will do so, its bias.
    private mutating func quantizeGroup(
        _ group: LinearGroup, in graph: Graph, node: inout Node, patch: inout GraphPatch
    ) {
        let connections = GraphConnections(graph)
        guard let inputScale = plan.activations[group.data]?.scale,
            let quantized = quantizedGroups.removeValue(forKey: group.linear)
                ?? QuantizedGroup(
                    group, in: graph, connections: connections, inputScale: inputScale, inputMeans: means[group.data])
        else { return }
        node.inputs[1] = integerWeights(quantized, of: group, in: graph, connections: connections, patch: &patch)
        // A matrix product has no place for a bias, nor for a correction.
        guard group.takesBias else { return }
        let correction = quantized.correction
        let name = group.bias.map { graph[$0].name } ?? "\(graph.layerName(group.linear))/bias"
        let biasValue: Value
        if group.isFoldable, let own = group.realBias(in: graph, connections: connections) {
            let corrected = zip(own, correction).map { Float(Double($0) - $1) }
            biasValue = Value(name: name, type: .float32, shape: [own.count], constant: TensorData(corrected))
        } else {
            biasValue = .quantizedBias(
                zip(quantized.bias, correction).map { $0 - $1 }, inputScale: inputScale, weightScales: quantized.scales,
                name: name)
        }
        node = node.withBias(patch.addValue(biasValue))
    }

    /// The integers as a constant, the one of an earlier group where both have read the same numbers. Folding changes
    /// the scales of a group with a chain, which are its own then.
    private mutating func integerWeights(
        _ quantized: QuantizedGroup, of group: LinearGroup, in graph: Graph, connections: GraphConnections,
        patch: inout GraphPatch
    ) -> ValueID {
        let source = graph.constantSource(of: group.weights, connections: connections)
        let parameters = Quantization(
            scales: quantized.scales, axis: quantized.scales.count == 1 ? nil : group.channelAxis)
        let original = group.isFoldable ? nil : graph[source].constant?.identity
        if let original, let known = sharedWeights[original], graph.contains(known),
            graph[known].shape == graph[group.weights].shape, graph[known].quantization == parameters
        {
            return known
        }
        let integer = patch.addValue(
            Value(
                name: graph[source].name, type: .int8, shape: graph[group.weights].shape, quantization: parameters,
                constant: TensorData(quantized.integers)))
        if let original { sharedWeights[original] = integer }
        return integer
    }

    // MARK: Weights alone

    /// The integers of all layers' weights, but of those that share a constant only the first one's.
    private func quantizedWeights(
        of groups: [LinearGroup], in graph: Graph, connections: GraphConnections
    ) -> [NodeID: WeightQuantizer.StoredResult] {
        var seen: Set<TensorData.Identity> = []
        var nodes: [NodeID] = []
        var layers: [(weights: StoredWeights, factors: [Float])] = []
        for group in groups where group.weightGroups == 1 {
            guard let weights = StoredWeights(group, in: graph, connections: connections), weights.isReal,
                seen.insert(weights.data.identity).inserted
            else { continue }
            nodes.append(group.linear)
            layers.append((weights, group.affine.scale.map(Float.init)))
        }
        let results = WeightQuantizer.quantizeStored(layers, threads: context.pool)
        return Dictionary(uniqueKeysWithValues: zip(nodes, results))
    }

    private mutating func quantizeWeights(
        of group: LinearGroup, in graph: Graph, _ mode: QuantizationSettings.Mode
    ) -> GraphPatch? {
        let connections = GraphConnections(graph)
        guard let weights = StoredWeights(group, in: graph, connections: connections), weights.isReal else {
            return nil
        }
        guard group.weightGroups == 1 else {
            notes.append("\(graph.layerName(group.linear)) keeps its weights: no axis has all of its channels")
            return nil
        }
        let source = graph.constantSource(of: group.weights, connections: connections)
        if let original = graph[source].constant, let known = sharedWeights[original.identity], graph.contains(known),
            graph[known].shape == graph[group.weights].shape
        {
            var patch = GraphPatch("share the weights of \(graph.layerName(group.linear))", for: graph)
            useIntegers(known, in: group, of: graph, mode, patch: &patch)
            return patch
        }
        let factors = group.affine.scale.map(Float.init)
        let quantized =
            preparedWeights.removeValue(forKey: group.linear)
            ?? WeightQuantizer.quantizeStored([(weights, factors)], threads: context.pool)[0]
        let constant = Value(
            name: graph[source].name, type: .int8, shape: graph[group.weights].shape,
            quantization: Quantization(scales: quantized.scales, axis: group.channelAxis),
            constant: quantized.integers)
        let bytes = graph[source].constant?.byteCount ?? 0
        guard constant.storedBytes < bytes else {
            notes.append("\(graph.layerName(group.linear)) keeps its weights: as int8 they would not be smaller")
            return nil
        }
        var patch = GraphPatch("quantize the weights of \(graph.layerName(group.linear))", for: graph)
        let integer = patch.addValue(constant)
        if let original = graph[source].constant { sharedWeights[original.identity] = integer }
        comparisons[integer] = KnownComparison(
            before: weights.data.identity, after: quantized.integers.identity, factors: factors,
            comparison: quantized.comparison)
        useIntegers(integer, in: group, of: graph, mode, patch: &patch)
        return patch
    }

    /// Has an operator read integer weights, through a Dequantize where the arithmetic stays float.
    private func useIntegers(
        _ integer: ValueID, in group: LinearGroup, of graph: Graph, _ mode: QuantizationSettings.Mode,
        patch: inout GraphPatch
    ) {
        let connections = GraphConnections(graph)
        var node = graph[group.linear]
        let arithmetic = graph[group.weights].type
        // Operators with integer weights compute in float32.
        if mode == .weightOnly || arithmetic != .float32 {
            let source = graph[graph.constantSource(of: group.weights, connections: connections)]
            let real = patch.addValue(
                Value(name: source.name + "_dequantized", type: .float32, shape: graph[group.weights].shape))
            patch.addNode(Node(Dequantize(), inputs: [integer], outputs: [real]), before: group.linear)
            node.inputs[1] = real
            if arithmetic != .float32 {
                let converted = patch.addValue(
                    Value(name: source.name + "_converted", type: arithmetic, shape: graph[group.weights].shape))
                patch.addNode(Node(Cast(to: arithmetic), inputs: [real], outputs: [converted]), before: group.linear)
                node.inputs[1] = converted
            }
        } else {
            node.inputs[1] = integer
            // Engines take int8 weights only with a bias that is stored as float32.
            if let bias = group.bias, graph.constantSource(of: bias, connections: connections) != bias,
                let values = group.realBias(in: graph, connections: connections)
            {
                node.inputs[graph[group.linear].operation.biasOperand] = patch.addValue(
                    Value(
                        name: graph[bias].name, type: .float32, shape: [values.count], constant: TensorData(values)))
            }
        }
        patch.updateNode(group.linear, node)
    }

    // MARK: Interface and names

    private func convertInterface(of graph: Graph, _ interface: QuantizationSettings.Interface) -> GraphPatch? {
        switch interface {
        case .asInput: nil
        case .int8: InterfaceConversion.toIntegers(graph)
        case .float: InterfaceConversion.toReals(graph)
        }
    }

    /// The extents of a tensor are those of its integer form, which needs no Dequantize.
    private func readShapesOfIntegers(in graph: Graph) -> GraphPatch? {
        var patch = GraphPatch("read shapes of integer tensors", for: graph)
        for id in graph.order where graph[id].operation is ShapeOf {
            var node = graph[id]
            guard case let input?? = node.inputs.first, let integer = integers[input], graph.contains(integer) else {
                continue
            }
            node.inputs[0] = integer
            patch.updateNode(id, node)
        }
        return patch
    }

    /// Gives integer tensors the names of the real ones that nothing reads any more.
    private func restoreNames(in graph: Graph) -> GraphPatch? {
        let connections = GraphConnections(graph)
        var patch = GraphPatch("name the integer tensors", for: graph)
        let interface = Set(graph.inputs + graph.outputs)
        for (real, integer) in integers.sorted(by: { $0.key < $1.key }) where graph.contains(integer) {
            guard graph.contains(real), connections.consumers(of: real).isEmpty, !interface.contains(real) else {
                continue
            }
            var value = graph[integer]
            value.name = graph[real].name
            patch.updateValue(integer, value)
        }
        return patch
    }
}

extension Quantization {
    /// The real numbers that int8 can hold.
    var realRange: ClosedRange<Float> {
        (scale * Float(-128 - zeroPoint))...(scale * Float(127 - zeroPoint))
    }
}

extension Value {
    /// The real numbers that the tensor's 8-bit integers can stand for; nil for other tensors.
    var realRange: ClosedRange<Float>? {
        guard isActivation, var quantization, quantization.isPerTensor, quantization.scale > 0 else { return nil }
        if type == .uint8 { quantization.zeroPoints[0] -= 128 }
        return quantization.realRange
    }
}

extension Value {
    /// Bytes of the constant with its scales.
    fileprivate var storedBytes: Int { (constant?.byteCount ?? 0) + 4 * (quantization?.scales.count ?? 0) }
}
