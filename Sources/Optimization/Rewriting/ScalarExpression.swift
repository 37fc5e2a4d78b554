import ModelGraph
import Operators

/// What a few elementwise operators compute, as a polynomial in x and t, where t is a function of x that is an operator of
/// its own: erf, tanh, a clamp.
///
/// Spellings of one formula that differ in order, or in where a factor is applied, give the same polynomial.
struct ScalarExpression {
    /// A power of x and one of t.
    struct Monomial: Hashable {
        var x: Int
        var t: Int

        static let one = Monomial(x: 0, t: 0)
        static let x = Monomial(x: 1, t: 0)
        static let t = Monomial(x: 0, t: 1)
        static let xt = Monomial(x: 1, t: 1)
    }

    private(set) var coefficients: [Monomial: Double]
    /// The operators that make it.
    private(set) var nodes: Set<NodeID> = []

    /// Higher powers than formulas of activations have.
    private static let highestPower = 3
    /// As many operators as lie between a result and x, at most.
    private static let depth = 8

    /// The expression of a value; nil if it is not made of x, t and constants by sums, products and powers alone.
    ///
    /// - Parameter ignoresActivation: whether the operator's own activation is left out.
    init?(
        _ value: ValueID, x: ValueID, t: ValueID? = nil, in graph: Graph, connections: GraphConnections,
        ignoresActivation: Bool = false
    ) {
        self.init(value, x, t, graph, connections, depth: Self.depth, ignoresActivation: ignoresActivation)
    }

    private init?(
        _ value: ValueID, _ x: ValueID, _ t: ValueID?, _ graph: Graph, _ connections: GraphConnections, depth: Int,
        ignoresActivation: Bool
    ) {
        if value == x {
            coefficients = [.x: 1]
            return
        }
        if value == t {
            coefficients = [.t: 1]
            return
        }
        if let constant = graph.uniformConstant(value, connections: connections) {
            // Anything larger could make more of x than it is.
            guard graph.broadcasts(value, within: x) else { return nil }
            coefficients = [.one: constant]
            return
        }
        guard depth > 0, let id = connections.producer(of: value), graph[id].outputs.count == 1,
            graph[value].type == .float32
        else { return nil }
        func part(_ index: Int) -> ScalarExpression? {
            guard graph[id].inputs.indices.contains(index), let input = graph[id].inputs[index] else { return nil }
            return ScalarExpression(
                input, x, t, graph, connections, depth: depth - 1, ignoresActivation: false)
        }
        guard let a = part(0) else { return nil }
        switch graph[id].operation {
        case let op as Unary:
            switch op.kind {
            case .negate: coefficients = a.coefficients.mapValues { -$0 }
            case .square: coefficients = ScalarExpression.product(a.coefficients, a.coefficients)
            default: return nil
            }
            nodes = a.nodes
        case let op as Binary:
            guard op.activation == .none || ignoresActivation, let b = part(1) else { return nil }
            nodes = a.nodes.union(b.nodes)
            switch op.kind {
            case .add: coefficients = a.coefficients.merging(b.coefficients, uniquingKeysWith: +)
            case .subtract:
                coefficients = a.coefficients.merging(b.coefficients.mapValues { -$0 }, uniquingKeysWith: +)
            case .multiply: coefficients = ScalarExpression.product(a.coefficients, b.coefficients)
            case .divide:
                guard let divisor = b.constant, divisor != 0 else { return nil }
                coefficients = a.coefficients.mapValues { $0 / divisor }
            case .power:
                guard let power = b.constant, power == 2 || power == 3 else { return nil }
                let square = ScalarExpression.product(a.coefficients, a.coefficients)
                coefficients = power == 2 ? square : ScalarExpression.product(square, a.coefficients)
            default: return nil
            }
        default: return nil
        }
        nodes.insert(id)
        guard coefficients.keys.allSatisfy({ $0.x <= Self.highestPower && $0.t <= 1 }) else { return nil }
    }

    /// The number that the expression is, if neither x nor t is in it.
    private var constant: Double? { coefficients.count == 1 ? coefficients[.one] : nil }

    private static func product(_ a: [Monomial: Double], _ b: [Monomial: Double]) -> [Monomial: Double] {
        var product: [Monomial: Double] = [:]
        for (left, factor) in a {
            for (right, other) in b {
                product[Monomial(x: left.x + right.x, t: left.t + right.t), default: 0] += factor * other
            }
        }
        return product
    }

    /// Whether this is the given polynomial, but for the rounding of constants that were written in single precision.
    func isNearly(_ wanted: [Monomial: Double], tolerance: Double = 2e-6) -> Bool {
        let scale = wanted.values.map(abs).max() ?? 1
        return Set(coefficients.keys).union(wanted.keys).allSatisfy { monomial in
            let (found, expected) = (coefficients[monomial] ?? 0, wanted[monomial] ?? 0)
            return abs(found - expected) <= tolerance * (expected == 0 ? scale : abs(expected))
        }
    }
}

/// An activation that is spelled out around an operator t(inner(x)), found by its polynomials.
struct SpelledActivation {
    var x: ValueID
    var output: ValueID
    /// The operator that computes the output, and the others.
    var root: NodeID
    var nodes: Set<NodeID>

    /// - Parameters:
    ///   - core: the operator that computes t.
    ///   - inner: what its operand is of x.
    ///   - outer: what the result is of x and t.
    ///   - ignoresActivation: whether t is an operator's own activation, so that the operator belongs to its operand.
    init?(
        around core: NodeID, inner: [ScalarExpression.Monomial: Double], outer: [ScalarExpression.Monomial: Double],
        in graph: Graph, connections: GraphConnections, ignoresActivation: Bool = false
    ) {
        guard graph[core].outputs.count == 1, case let t = graph[core].outputs[0],
            let operand = ignoresActivation ? t : graph[core].inputs.first ?? nil,
            operand == t || graph[core].inputs.count == 1
        else { return nil }
        for x in SpelledActivation.candidates(behind: operand, in: graph, connections: connections) {
            guard graph[x].type == .float32,
                let found = ScalarExpression(
                    operand, x: x, in: graph, connections: connections, ignoresActivation: ignoresActivation),
                found.isNearly(inner)
            else { continue }
            var value = t
            // The result is a few operators on.
            for _ in 0..<4 {
                guard let next = connections.soleConsumer(of: value), graph[next].outputs.count == 1 else { break }
                value = graph[next].outputs[0]
                guard let whole = ScalarExpression(value, x: x, t: t, in: graph, connections: connections) else {
                    break
                }
                guard whole.isNearly(outer) else { continue }
                var nodes = whole.nodes.union(found.nodes)
                nodes.insert(core)
                guard
                    SpelledActivation.areRead(only: nodes, but: next, in: graph, connections: connections)
                else { return nil }
                (self.x, output, root) = (x, value, next)
                self.nodes = nodes
                return
            }
        }
        return nil
    }

    /// The values from which the operand may be computed, nearest first.
    private static func candidates(
        behind value: ValueID, in graph: Graph, connections: GraphConnections
    ) -> [ValueID] {
        var found = [value]
        var next = 0
        while next < found.count, found.count < 24 {
            if let producer = connections.producer(of: found[next]),
                graph[producer].operation is Binary || graph[producer].operation is Unary
            {
                for case let input? in graph[producer].inputs
                where !found.contains(input) && graph.uniformConstant(input, connections: connections) == nil {
                    found.append(input)
                }
            }
            next += 1
        }
        return found
    }

    /// Whether what the nodes compute is read by them alone, apart from one result.
    private static func areRead(
        only nodes: Set<NodeID>, but root: NodeID, in graph: Graph, connections: GraphConnections
    ) -> Bool {
        nodes.subtracting([root]).allSatisfy { id in
            graph[id].outputs.allSatisfy { output in
                !connections.isGraphOutput(output) && !graph[output].isVariable
                    && connections.consumers(of: output).allSatisfy(nodes.contains)
            }
        }
    }

    /// Puts one operator in the place of them all.
    func replacement(
        by operation: any Operation, called name: String, in graph: Graph
    ) -> GraphPatch {
        var patch = GraphPatch("recognize \(name) \(graph.layerName(root))", for: graph)
        patch.addNode(Node(operation, inputs: [x], outputs: [output], name: graph[root].name), before: root)
        for node in nodes.sorted() { patch.removeNode(node) }
        if graph[output].shape == nil, graph[x].shape != nil {
            var value = graph[output]
            value.shape = graph[x].shape
            patch.updateValue(output, value)
        }
        return patch
    }
}
