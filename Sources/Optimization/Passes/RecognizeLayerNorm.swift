import ModelGraph
import Operators

/// Takes a layer normalization that is spelled out as the one operator.
///
///     d = x − mean(x)          v = mean(d²)          y = d / √(v + ε) · γ + β
///     ⟹   LayerNormalization(x, γ, β)
///
/// The means are over the last axes. The square may be a product, a power or an operator, the quotient a product with the
/// reciprocal square root; γ and β may be absent. For float32, where nothing else reads the results between. The results
/// agree within the rounding of single precision.
///
/// - Requires: ONNX from operator set 17 on; γ and β constant, of the normalized axes' shape.
/// - Source: Ba et al. 2016, section 3.
package struct RecognizeLayerNormPass: Pass {
    package static let name = "recognize-layer-norm"
    package static let summary = "take a spelled-out layer normalization as the one operator"

    package let notes: [String] = []
    private let isPossible: Bool

    package init(context: PassContext) throws(PassError) {
        let model = context.model
        isPossible = model.format == .onnx && model.operatorSetVersion ?? 0 >= 17
    }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        guard isPossible else { return nil }
        let connections = GraphConnections(graph)
        for id in graph.order {
            guard let op = graph[id].operation as? Binary, op.kind == .divide || op.kind == .multiply,
                var norm = SpelledNorm(quotient: id, in: graph, connections: connections)
            else { continue }
            norm.takeAffine(in: graph, connections: connections)
            guard norm.isReadOnlyInside(graph, connections) else { continue }
            return norm.replacement(in: graph)
        }
        return nil
    }
}

/// The parts of a layer normalization.
private struct SpelledNorm {
    var x: ValueID
    var axis: Int
    /// The extents of the normalized axes.
    var sizes: [Int]
    var epsilon: Float
    var scale: ValueID?
    var bias: ValueID?
    var output: ValueID
    var root: NodeID
    var nodes: Set<NodeID>

    /// Finds everything but scale and bias, from the quotient back.
    init?(quotient id: NodeID, in graph: Graph, connections: GraphConnections) {
        /// The operator that computes an operand of float32, and its other operand.
        func binary(_ value: ValueID?, _ kind: Binary.Kind) -> (id: NodeID, a: ValueID, b: ValueID)? {
            guard let value, let id = connections.producer(of: value), let op = graph[id].operation as? Binary,
                op == Binary(kind), graph[id].inputs.count == 2, let a = graph[id].inputs[0],
                let b = graph[id].inputs[1], graph[value].type == .float32
            else { return nil }
            return (id, a, b)
        }
        func unary(_ value: ValueID, _ kind: Unary.Kind) -> (id: NodeID, operand: ValueID)? {
            guard let id = connections.producer(of: value), (graph[id].operation as? Unary)?.kind == kind,
                case let operand?? = graph[id].inputs.first
            else { return nil }
            return (id, operand)
        }
        /// A mean over the last axes that keeps them: its operand, and the first of the axes.
        func mean(_ value: ValueID) -> (id: NodeID, operand: ValueID, axis: Int)? {
            guard let id = connections.producer(of: value),
                graph[id].operation.isEqual(to: Reduce(.mean, keepsDimensions: true)),
                graph[id].inputs.count == 2, let operand = graph[id].inputs[0],
                let axes = graph.integers(graph[id].inputs[1]), let rank = graph[operand].shape?.rank,
                axes.allSatisfy({ (-rank..<rank).contains($0) })
            else { return nil }
            let sorted = Set(axes.map { $0 < 0 ? $0 + rank : $0 }).sorted()
            guard let first = sorted.first, sorted == Array(first..<rank) else { return nil }
            return (id, operand, first)
        }
        guard let y = graph[id].outputs.first, let op = graph[id].operation as? Binary, op.activation == .none,
            let whole = binary(y, op.kind)
        else { return nil }
        var found: Set<NodeID> = [id]
        /// √(v + ε) behind a divisor, 1/√(v + ε) behind a factor.
        func variance(_ value: ValueID) -> (v: ValueID, epsilon: Double, nodes: [NodeID])? {
            var nodes: [NodeID] = []
            var operand: ValueID
            if op.kind == .divide {
                guard let root = unary(value, .sqrt) else { return nil }
                (nodes, operand) = ([root.id], root.operand)
            } else if let root = unary(value, .rsqrt) {
                (nodes, operand) = ([root.id], root.operand)
            } else if let quotient = binary(value, .divide),
                graph.uniformConstant(quotient.a, connections: connections) == 1,
                let root = unary(quotient.b, .sqrt)
            {
                (nodes, operand) = ([quotient.id, root.id], root.operand)
            } else if let id = connections.producer(of: value), graph[id].operation.name == "Reciprocal",
                case let inner?? = graph[id].inputs.first, let root = unary(inner, .sqrt)
            {
                (nodes, operand) = ([id, root.id], root.operand)
            } else {
                return nil
            }
            guard let sum = binary(operand, .add) else { return nil }
            for (v, e) in [(sum.a, sum.b), (sum.b, sum.a)] {
                guard let epsilon = graph.uniformConstant(e, connections: connections), epsilon >= 0,
                    graph.broadcasts(e, within: v)
                else { continue }
                return (v, epsilon, nodes + [sum.id])
            }
            return nil
        }
        let orders = op.kind == .divide ? [(whole.a, whole.b)] : [(whole.a, whole.b), (whole.b, whole.a)]
        for (centered, divisor) in orders {
            guard let (v, epsilon, nodes) = variance(divisor), let difference = binary(centered, .subtract),
                let center = mean(difference.b), center.operand == difference.a, let spread = mean(v),
                spread.axis == center.axis, let square = connections.producer(of: spread.operand)
            else { continue }
            // The square is of the same difference, or of one that is computed once more.
            func isDifference(_ value: ValueID?) -> Bool {
                if value == centered { return true }
                guard let again = binary(value, .subtract), again.a == difference.a, let other = mean(again.b),
                    other.operand == difference.a, other.axis == center.axis
                else { return false }
                found.formUnion([again.id, other.id])
                return true
            }
            let factors = graph[square].inputs
            switch graph[square].operation {
            case let op as Binary where op == Binary(.multiply):
                guard isDifference(factors[0]), factors.count == 2, isDifference(factors[1]) else { continue }
            case let op as Binary where op == Binary(.power):
                guard isDifference(factors[0]), factors.count == 2, let power = factors[1],
                    graph.uniformConstant(power, connections: connections) == 2
                else { continue }
            case let op as Unary where op.kind == .square:
                guard isDifference(factors[0]) else { continue }
            default: continue
            }
            guard let dimensions = graph[difference.a].shape?.dimensions[center.axis...],
                graph[difference.a].type == .float32
            else { continue }
            let fixed = dimensions.compactMap { dimension -> Int? in
                if case .fixed(let size) = dimension { size } else { nil }
            }
            // A row of more elements than any model has would make a constant as long.
            guard fixed.count == dimensions.count, let count = Shape.elementCount(fixed), count <= 1 << 24 else {
                continue
            }
            found.formUnion(nodes + [difference.id, center.id, spread.id, square])
            (x, axis, sizes, output, root) = (difference.a, center.axis, fixed, y, id)
            self.epsilon = Float(epsilon)
            self.nodes = found
            return
        }
        return nil
    }

    /// Takes a product with, and a sum of, constants of the normalized axes' shape along.
    mutating func takeAffine(in graph: Graph, connections: GraphConnections) {
        func step(_ kind: Binary.Kind) -> (NodeID, ValueID)? {
            guard let next = connections.soleConsumer(of: output), graph[next].operation.isEqual(to: Binary(kind)),
                graph[next].inputs.count == 2, let a = graph[next].inputs[0], let b = graph[next].inputs[1], a != b,
                case let other = a == output ? b : a,
                graph[other].facts.constant != nil, graph[other].type == .float32, graph.fixedSizes(other) == sizes
            else { return nil }
            return (next, other)
        }
        if let (node, factor) = step(.multiply) {
            (scale, root, output) = (factor, node, graph[node].outputs[0])
            nodes.insert(node)
        }
        if let (node, addend) = step(.add) {
            (bias, root, output) = (addend, node, graph[node].outputs[0])
            nodes.insert(node)
        }
    }

    func isReadOnlyInside(_ graph: Graph, _ connections: GraphConnections) -> Bool {
        nodes.subtracting([root]).allSatisfy { id in
            graph[id].outputs.allSatisfy {
                !connections.isGraphOutput($0) && connections.consumers(of: $0).allSatisfy(nodes.contains)
            }
        }
    }

    func replacement(in graph: Graph) -> GraphPatch {
        var patch = GraphPatch("recognize layer normalization \(graph.layerName(root))", for: graph)
        let count = Shape.elementCount(sizes) ?? 0
        let factor =
            scale
            ?? patch.addValue(
                Value(
                    name: "\(graph[output].name)/scale", type: .float32, shape: Shape(sizes),
                    constant: TensorData(Array(repeating: Float(1), count: count))))
        // Counted from the end, as an axis of a row.
        let norm = LayerNormalization(axis: -sizes.count, epsilon: epsilon)
        patch.addNode(
            Node(norm, inputs: [x, factor] + (bias.map { [$0] } ?? []), outputs: [output], name: graph[root].name),
            before: root)
        for node in nodes.sorted() { patch.removeNode(node) }
        return patch
    }
}
