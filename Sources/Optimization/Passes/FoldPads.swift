import ModelGraph
import Operators

/// Lets a convolution or a pool pad for itself.
///
///     x → Pad by zeros → conv(padding p)   ⟹   x → conv(padding p + pad)
///
/// For convolutions, always exact: what they pad with is real zero, too. For the largest element of a window, exact only
/// where no element is negative, so that zeros change nothing, and each window holds a real element. An average counts
/// the zeros of a Pad but not its own padding, and is left alone. Only spatial axes may be padded.
///
/// A format that knows no padding but `same` and `valid` (TFLite) takes the Pad where `same` reads the same elements.
package struct FoldPadsPass: Pass {
    package static let name = "fold-pads"
    package static let summary = "let convolutions and pools pad for themselves"

    package private(set) var notes: [String] = []
    private let format: ModelFormat
    private var kept: Set<NodeID> = []
    private var scan = GraphScan()

    package init(context: PassContext) throws(PassError) { format = context.model.format }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        var scan = scan
        defer { self.scan = scan }
        return scan.next(in: graph) { id in
            guard !kept.contains(id), case let padded?? = graph[id].inputs.first,
                let layout = graph[id].operation.windowLayout, let pad = connections.producer(of: padded),
                graph[pad].operation is Pad
            else { return nil }
            let patch = fold(pad, into: id, layout: layout, in: graph, connections: connections)
            if patch == nil { kept.insert(id) }
            return patch
        }
    }

    private func fold(
        _ pad: NodeID, into id: NodeID, layout: TensorLayout, in graph: Graph, connections: GraphConnections
    ) -> GraphPatch? {
        guard case let source?? = graph[pad].inputs.first, case let padded = graph[pad].outputs[0],
            graph[padded].type == graph[source].type, graph[padded].quantization == graph[source].quantization,
            !graph[source].isVariable, let amounts = spatialAmounts(of: pad, layout: layout, in: graph, connections),
            graph[id].inputs.count(where: { $0 == padded }) == 1
        else { return nil }
        var node = graph[id]
        guard let operation = node.operation.padding(by: amounts) else { return nil }
        node.operation = operation
        node.inputs[0] = source
        let known = operation.windows(of: node, in: graph)
        if let pool = operation as? Pool {
            guard let windows = known else { return nil }
            let isReal = windows.allSatisfy { window in
                window.before < window.kernel && (window.output - 1) * window.stride - window.before < window.input
            }
            guard pool.kind == .max, isReal, graph.bounds(of: source, connections: connections).lower >= 0 else {
                return nil
            }
        }
        if format == .tflite {
            guard let windows = known, let same = operation.withPadding(.same),
                let reading = same.windows(of: node, in: graph),
                zip(reading, windows).allSatisfy({ $0.before == $1.before && $0.output == $1.output })
            else { return nil }
            node.operation = same
        }
        var patch = GraphPatch("fold \(graph.layerName(pad)) into \(graph.layerName(id))", for: graph)
        patch.updateNode(id, node)
        if connections.soleConsumer(of: padded) == id { patch.removeNode(pad) }
        return patch
    }

    /// What a Pad by real zeros adds before and behind each spatial axis; nil if it does anything else.
    private func spatialAmounts(
        of pad: NodeID, layout: TensorLayout, in graph: Graph, _ connections: GraphConnections
    ) -> [Padding.Amount]? {
        let node = graph[pad]
        guard node.inputs.count > 1, let values = graph.integers(node.inputs[1]), values.count % 2 == 0,
            let amounts = try? Pad.amounts(values, rank: values.count / 2), amounts.count >= 3
        else { return nil }
        if node.inputs.count > 2, let value = node.inputs[2] {
            guard isZero(value, for: node.outputs[0], in: graph, connections) else { return nil }
        }
        let spatial = layout.spatialAxes(rank: amounts.count)
        let nothing = Padding.Amount(before: 0, after: 0)
        guard amounts.indices.allSatisfy({ spatial.contains($0) || amounts[$0] == nothing }) else { return nil }
        return Array(amounts[spatial])
    }

    private func isZero(
        _ value: ValueID, for result: ValueID, in graph: Graph, _ connections: GraphConnections
    ) -> Bool {
        if graph[result].type.isFloatingPoint {
            return graph.uniformConstant(value, connections: connections) == 0
        }
        guard graph[result].type == .int8, let quantization = graph[result].quantization, quantization.isPerTensor,
            let bytes = graph[value].facts.constant?.elements(as: Int8.self), bytes.count == 1
        else { return false }
        return Int64(bytes[0]) == quantization.zeroPoint
    }
}

extension Operation {
    /// The layout of an operator with sliding windows over its first operand; nil for all others.
    fileprivate var windowLayout: TensorLayout? {
        switch self {
        case let op as Convolution: op.layout
        case is DepthwiseConvolution: .channelsLast
        case let op as Pool: op.layout
        default: nil
        }
    }

    fileprivate func withPadding(_ padding: Padding) -> (any Operation)? {
        switch self {
        case var op as Convolution:
            op.padding = padding
            return op
        case var op as DepthwiseConvolution:
            op.padding = padding
            return op
        case var op as Pool:
            op.padding = padding
            return op
        default: return nil
        }
    }

    /// The operator with more padding; nil for `same`, which depends on the extents, and where the sums are impossible.
    fileprivate func padding(by amounts: [Padding.Amount]) -> (any Operation)? {
        let own: Padding? =
            switch self {
            case let op as Convolution: op.padding
            case let op as DepthwiseConvolution: op.padding
            case let op as Pool where op.isPlain: op.padding
            default: nil
            }
        switch own {
        case .valid: return withPadding(.explicit(amounts))
        case .explicit(let present) where present.count == amounts.count:
            // Both are below 2³¹.
            let sums = zip(present, amounts).map {
                Padding.Amount(before: $0.before &+ $1.before, after: $0.after &+ $1.after)
            }
            return withPadding(.explicit(sums))
        default: return nil
        }
    }

    /// The sliding windows over the node's first operand; nil if its extents are not fixed or do not fit.
    fileprivate func windows(of node: Node, in graph: Graph) -> [Window]? {
        guard case let input?? = node.inputs.first, let x = graph.windowedSizes(input) else { return nil }
        let w = node.inputs.count > 1 ? node.inputs[1].flatMap { graph[$0].shape?.sizes } : nil
        switch self {
        case let op as Convolution: return w.flatMap { try? op.windows(x: x, w: $0) }
        case let op as DepthwiseConvolution: return w.flatMap { try? op.windows(x: x, w: $0) }
        case let op as Pool: return try? op.windows(x: x)
        default: return nil
        }
    }
}
