import ModelGraph
import Operators

/// Joins zeros around an image with the convolution of real numbers that reads it.
///
///     Pad → Convolution   ⟹   Convolution with explicit padding
///
/// What is multiplied by zeros is left out, so that no bit of a finite result changes. Neither does one where weights are
/// int8: the range by which the image is quantized has zero in it anyway.
struct JoinedPadding {
    private let graph: Graph
    private let connections: GraphConnections
    private var patch: GraphPatch

    /// - Throws: `GraphError` if the graph is not valid.
    static func fuse(_ graph: Graph) throws(GraphError) -> Graph {
        var padding = JoinedPadding(graph)
        for id in graph.order { padding.join(id) }
        return padding.patch.isEmpty ? graph : try graph.applying(padding.patch)
    }

    private init(_ graph: Graph) {
        self.graph = graph
        connections = GraphConnections(graph)
        patch = GraphPatch("join padding with convolutions", for: graph)
    }

    private mutating func join(_ id: NodeID) {
        let pad = graph[id]
        let operation: GeneralPad
        switch pad.operation {
        case is Pad: operation = GeneralPad(.constant, order: .pairs)
        case let general as GeneralPad where general.mode == .constant: operation = general
        default: return
        }
        guard pad.outputs.count == 1, let x = pad.inputs.first ?? nil, graph[x].type == .float32,
            // Windows do not go over nothing, even where there is padding around it.
            let extents = graph[x].shape?.dimensions.dropFirst(), extents.allSatisfy({ ($0.size ?? 0) > 0 }),
            pad.inputs.count < 3 || isZero(pad.inputs[2]), let reader = connections.soleConsumer(of: pad.outputs[0])
        else { return }
        var node = graph[reader]
        guard node.inputs.count >= 2, node.inputs[0] == pad.outputs[0], let w = node.inputs[1],
            [.float32, .int8].contains(graph[w].type), let rank = graph[w].shape?.rank, rank == 4,
            let amounts = amounts(of: pad, operation, rank: rank)
        else { return }
        switch node.operation {
        case var convolution as Convolution:
            let axes = convolution.layout.spatialAxes(rank: rank)
            guard let padding = joined(amounts, Array(axes), convolution.padding) else { return }
            convolution.padding = padding
            node.operation = convolution
        case var convolution as DepthwiseConvolution:
            guard let padding = joined(amounts, [1, 2], convolution.padding) else { return }
            convolution.padding = padding
            node.operation = convolution
        default: return
        }
        node.inputs[0] = x
        patch.removeNode(id)
        patch.updateNode(reader, node)
    }

    private func isZero(_ value: ValueID?) -> Bool {
        guard let value else { return true }
        return graph[value].type == .float32 && graph[value].constant?.elements(as: Float.self) == [0]
    }

    /// The amounts at each axis; nil if they are computed, or wrong: planning will say so.
    private func amounts(of pad: Node, _ operation: GeneralPad, rank: Int) -> [Padding.Amount]? {
        var facts: [TensorFacts?] = pad.inputs.map { input in
            input.map { TensorFacts(type: graph[$0].type, shape: graph[$0].shape, constant: graph[$0].constant) }
        }
        // No more than its rank is asked for.
        facts[0]?.shape = Shape(Array(repeating: 1, count: rank))
        return (try? operation.amounts(from: facts)) ?? nil
    }

    /// - Returns: nil if the padding follows from the input's extents, or is not around the spatial axes alone.
    private func joined(_ amounts: [Padding.Amount], _ axes: [Int], _ padding: Padding) -> Padding? {
        let isSpatial = amounts.indices.allSatisfy { axis in
            let amount = amounts[axis]
            return axes.contains(axis)
                ? amount.before >= 0 && amount.after >= 0 : amount.before == 0 && amount.after == 0
        }
        guard isSpatial else { return nil }
        switch padding {
        case .valid: return .explicit(axes.map { amounts[$0] })
        case .explicit(let own) where own.count == axes.count:
            var sums: [Padding.Amount] = []
            for (axis, amount) in zip(axes, own) {
                let (before, overflow) = amounts[axis].before.addingReportingOverflow(amount.before)
                let (after, isTooLarge) = amounts[axis].after.addingReportingOverflow(amount.after)
                guard !overflow, !isTooLarge else { return nil }
                sums.append(Padding.Amount(before: before, after: after))
            }
            return .explicit(sums)
        default: return nil
        }
    }
}
