import ModelGraph
import Operators

/// Which operators become integer operators, and the parameters of every tensor between them.
package struct QuantizationPlan: Sendable {
    /// The operators to quantize, in running order.
    package var nodes: [NodeID] = []
    /// The parameters of each activation that an integer operator reads or writes.
    package var activations: [ValueID: Quantization] = [:]
    /// The operators that stay real, with the reason.
    package var realNodes: [(node: NodeID, reason: String)] = []
    /// The linear groups among the operators, by their linear operator.
    package var groups: [NodeID: LinearGroup] = [:]
    /// The operators inside a group that folding will take away: they compute in real numbers until then.
    package var interior: Set<NodeID> = []

    private let target: QuantizationTarget

    package init(for target: QuantizationTarget = QuantizationTarget(format: .tflite)) { self.target = target }

    /// - Parameters:
    ///   - foldsLater: whether chains behind linear operators will be folded, so that their inner results need no
    ///     integers.
    package init(
        graph: Graph, statistics: CalibrationStatistics, foldsLater: Bool,
        target: QuantizationTarget = QuantizationTarget(format: .tflite)
    ) {
        self.target = target
        let connections = GraphConnections(graph)
        for group in LinearGroup.all(in: graph, connections: connections) {
            var group = group
            group = foldsLater ? target.foldable(group, in: graph) : group.withoutChain(in: graph)
            // What could be folded into a dense layer has been: the rest would not be exact behind one scale.
            if group.kind == .fullyConnected, !group.normalizationNodes(in: graph).isEmpty {
                group = group.withoutChain(in: graph)
            }
            groups[group.linear] = group
            interior.formUnion(group.chain)
        }
        var rules: [NodeID: QuantizationRule] = [:]
        for id in graph.order where !interior.contains(id) {
            let rule = rule(for: id, in: graph, connections: connections, statistics: statistics)
            if case .none(let reason)? = rule { realNodes.append((id, reason)) } else { rules[id] = rule }
        }
        for id in LogarithmOperands(graph: graph, connections: connections, groups: groups).nodes.sorted()
        where rules[id] != nil {
            rules[id] = nil
            realNodes.append((id, "rounding would drown what a logarithm makes of small numbers"))
        }
        dropIslands(of: &rules, in: graph, connections: connections)
        interior = Set(groups.filter { rules[$0.key] != nil }.flatMap(\.value.chain))
        nodes = graph.order.filter { rules[$0] != nil }
        assignParameters(rules: rules, in: graph, connections: connections, statistics: statistics)
    }

    /// The tensors that an operator's integer form writes as integers: the end of its group, or all real results.
    package func results(of node: NodeID, in graph: Graph) -> [ValueID] {
        if let group = groups[node] { return [group.output] }
        return graph[node].outputs.filter { graph[$0].type.isFloatingPoint }
    }

    /// The operand of a comparison whose parameters the others take: the first that is computed.
    private func comparedValue(of node: NodeID, in graph: Graph, connections: GraphConnections) -> ValueID? {
        let operands = graph[node].quantizedOperands(in: graph)
        return operands.first { !graph.isRealConstant($0, connections: connections) } ?? operands.first
    }

    /// The parameters of a constant operand of a node: those of what it is moved to or compared with, or its own.
    package func parameters(
        ofConstant constant: ValueID, readBy node: NodeID, in graph: Graph, connections: GraphConnections
    ) -> Quantization? {
        if QuantizationRule(graph[node].operation, for: target.format) == .shared {
            return results(of: node, in: graph).first.flatMap { activations[$0] }
        }
        let leader =
            graph[node].operation is Comparison ? comparedValue(of: node, in: graph, connections: connections) : nil
        return activations[leader ?? constant]
    }

    /// The rule of one operator; nil if it does not work on real numbers at all.
    private func rule(
        for id: NodeID, in graph: Graph, connections: GraphConnections, statistics: CalibrationStatistics
    ) -> QuantizationRule? {
        let node = graph[id]
        let real = node.quantizedOperands(in: graph) + results(of: id, in: graph)
        if real.isEmpty || node.operation is Dequantize || node.operation is Quantize || node.operation is ShapeOf {
            return nil
        }
        var rule = QuantizationRule(node.operation, for: target.format)
        if case .none = rule { return rule }
        guard real.allSatisfy({ graph[$0].type == .float32 || graph[$0].constant != nil }) else {
            return .none("its tensors are not float32")
        }
        // A product of two tensors that are both computed.
        if rule == .linear, groups[id] == nil, node.operation is MatrixMultiplication { rule = .free }
        if rule == .linear {
            guard let group = groups[id] else { return .none("its weights are not constant") }
            guard let isFinite = group.hasFiniteWeights(in: graph, connections: connections) else {
                return .none("its weights are integers already")
            }
            guard let bias = group.realBias(in: graph, connections: connections) else {
                return .none("its bias is not a real constant for each channel")
            }
            guard isFinite, bias.allSatisfy(\.isFinite) else {
                return .none("its weights are not all finite")
            }
        }
        if let pool = node.operation as? Pool, pool.activation == .tanh || pool.activation == .signBit {
            return .none("its activation has no int8 form")
        }
        for input in node.quantizedOperands(in: graph) {
            let isConstant = graph.isRealConstant(input, connections: connections)
            guard isConstant || statistics.histogram(of: input, in: graph, connections: connections) != nil else {
                return .none("no values of \(graph.describe(input)) were observed")
            }
        }
        for result in results(of: id, in: graph) {
            guard statistics.histogram(of: result, in: graph, connections: connections) != nil else {
                return .none("no finite values of its result were observed")
            }
        }
        return rule
    }

    /// Leaves operators real that only move values and have no integer operator beside them.
    private mutating func dropIslands(
        of rules: inout [NodeID: QuantizationRule], in graph: Graph, connections: GraphConnections
    ) {
        var anchored: Set<NodeID> = Set(rules.keys.filter { !QuantizationRule.movesOnly(graph[$0].operation) })
        var frontier = Array(anchored)
        while let id = frontier.popLast() {
            let readers = results(of: id, in: graph).flatMap { connections.consumers(of: $0) }
            let writers = graph[id].inputs.compactMap { $0.flatMap(connections.producer) }
            for neighbour in readers + writers where rules[neighbour] != nil {
                if anchored.insert(neighbour).inserted { frontier.append(neighbour) }
            }
        }
        for id in graph.order where rules[id] != nil && !anchored.contains(id) {
            rules[id] = nil
            realNodes.append((id, "no integer operator stands beside it"))
        }
    }

    // MARK: Parameters

    private mutating func assignParameters(
        rules: [NodeID: QuantizationRule], in graph: Graph, connections: GraphConnections,
        statistics: CalibrationStatistics
    ) {
        var classes = ScaleClasses()
        // A constant has integers of its own for each reader, and does not tie its readers' parameters to each other. Only
        // the range of what it is read beside has to hold it.
        var constantsBeside: [(value: ValueID, constant: ValueID)] = []
        func tie(_ value: ValueID, _ operand: ValueID) {
            if graph.isRealConstant(operand, connections: connections) {
                constantsBeside.append((value, operand))
            } else {
                classes.unite(value, operand)
            }
        }
        for id in nodes {
            guard let rule = rules[id] else { continue }
            let operands = graph[id].quantizedOperands(in: graph)
            // Integers that are compared stand for the same numbers.
            if graph[id].operation is Comparison,
                let leader = comparedValue(of: id, in: graph, connections: connections)
            {
                for operand in operands where operand != leader { tie(leader, operand) }
            }
            guard let output = results(of: id, in: graph).first else { continue }
            // A clamp behind an operator then does nothing to its integers, and the two become one operator.
            if target.format == .onnx, let unary = graph[id].operation as? Unary, unary.isClamp,
                case let input?? = graph[id].inputs.first, connections.soleConsumer(of: input) == id
            {
                classes.unite(output, input)
            }
            if case .fixed(let quantization) = rule { classes.fix(output, to: target.parameters(quantization)) }
            guard rule == .shared else { continue }
            for other in results(of: id, in: graph).dropFirst() { classes.unite(output, other) }
            let fixed = operands.map { classes.fixedParameters(of: $0) }
            if let first = fixed.first, let parameters = first, fixed.allSatisfy({ $0 == parameters }) {
                classes.fix(output, to: parameters)
            } else {
                // An operand with fixed parameters is requantized on its way in.
                for (input, fixed) in zip(operands, fixed) where fixed == nil { tie(output, input) }
            }
        }
        var touched: Set<ValueID> = []
        for id in nodes {
            touched.formUnion(graph[id].quantizedOperands(in: graph))
            touched.formUnion(results(of: id, in: graph))
        }
        // Weights and biases of groups are quantized by their channels.
        touched.subtract(groups.values.flatMap { [$0.weights, $0.bias].compactMap(\.self) })
        var ranges: [ValueID: ActivationRange] = [:]
        for value in touched.sorted() {
            guard let range = range(of: value, in: graph, connections: connections, statistics: statistics) else {
                continue
            }
            let root = classes.root(of: value)
            ranges[root] = ranges[root].map { $0.union(range) } ?? range
        }
        for (value, constant) in constantsBeside {
            guard let range = range(of: constant, in: graph, connections: connections, statistics: statistics) else {
                continue
            }
            let root = classes.root(of: value)
            ranges[root] = ranges[root].map { $0.union(range) } ?? range
        }
        for value in touched {
            activations[value] =
                classes.fixedParameters(of: value)
                ?? ranges[classes.root(of: value)].map { target.parameters($0.quantization) }
        }
    }

    private func range(
        of value: ValueID, in graph: Graph, connections: GraphConnections, statistics: CalibrationStatistics
    ) -> ActivationRange? {
        if let constant = graph.realConstant(value, connections: connections) {
            let finite = constant.filter(\.isFinite)
            return ActivationRange(lower: finite.min() ?? 0, upper: finite.max() ?? 0)
        }
        return statistics.range(of: value, in: graph, connections: connections)
    }
}

extension Unary {
    /// Whether the operator clamps and does nothing else.
    var isClamp: Bool { activation != nil || kind == .relu0To1 }
}

/// Sets of tensors that must have the same parameters.
private struct ScaleClasses {
    private var parent: [ValueID: ValueID] = [:]
    private var fixed: [ValueID: Quantization] = [:]

    func root(of value: ValueID) -> ValueID {
        var value = value
        while let next = parent[value] { value = next }
        return value
    }

    mutating func unite(_ a: ValueID, _ b: ValueID) {
        let (first, second) = (root(of: a), root(of: b))
        guard first != second else { return }
        parent[max(first, second)] = min(first, second)
        if let parameters = fixed.removeValue(forKey: max(first, second)) {
            fixed[min(first, second)] = fixed[min(first, second)] ?? parameters
        }
    }

    mutating func fix(_ value: ValueID, to parameters: Quantization) { fixed[root(of: value)] = parameters }

    func fixedParameters(of value: ValueID) -> Quantization? { fixed[root(of: value)] }
}
