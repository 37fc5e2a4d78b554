import ModelGraph
import Operators

/// What computes the operands of logarithms: it stays real.
///
/// A logarithm makes as much of the small numbers of its operand as of the large ones. In steps that are all alike, the
/// small ones are noise: eight bits leave a spectrum 48 dB of range, where a signal has 100. So the chain up to the
/// logarithm — powers, sums, roots, and the linear filter before them — keeps real numbers; and so do the filters that
/// the signal has gone through before, as far as they do nothing but filter. Where an activation stands in the way, what
/// goes into it has no such range.
struct LogarithmOperands {
    private let graph: Graph
    private let connections: GraphConnections
    private let groups: [NodeID: LinearGroup]
    private(set) var nodes: Set<NodeID> = []

    init(graph: Graph, connections: GraphConnections, groups: [NodeID: LinearGroup]) {
        self.graph = graph
        self.connections = connections
        self.groups = groups
        // Of a node that is reached on two ways, the one through fewer operators tells more.
        var filtered: [ValueID] = []
        var seen: Set<ValueID> = []
        for id in graph.order where isLogarithm(graph[id].operation) {
            follow(graph[id].inputs.compactMap(\.self), seen: &seen, filtered: &filtered)
        }
        followFilters(filtered)
    }

    /// - Parameter filtered: gets the operands of the linear operators that were met.
    private mutating func follow(_ values: [ValueID], seen: inout Set<ValueID>, filtered: inout [ValueID]) {
        var open = values
        while let value = open.popLast() {
            guard seen.insert(value).inserted, let id = connections.producer(of: value) else { continue }
            if groups[id] != nil {
                nodes.insert(id)
                filtered += graph[id].inputs.prefix(1).compactMap(\.self)
            } else if keepsRange(graph[id].operation) {
                nodes.insert(id)
                open += graph[id].inputs.compactMap(\.self)
            }
        }
    }

    private mutating func followFilters(_ values: [ValueID]) {
        var open = values
        var seen: Set<ValueID> = []
        while let value = open.popLast() {
            guard seen.insert(value).inserted, let id = connections.producer(of: value) else { continue }
            if let group = groups[id] {
                guard group.activation == .none else { continue }
            } else {
                guard QuantizationRule.movesOnly(graph[id].operation) || isSum(graph[id].operation) else { continue }
            }
            nodes.insert(id)
            open += graph[id].inputs.prefix(groups[id] == nil ? graph[id].inputs.count : 1).compactMap(\.self)
        }
    }

    private func isLogarithm(_ operation: any Operation) -> Bool {
        switch operation {
        case let op as Unary: op.kind == .log
        case let op as Reduce: op.kind == .logSum
        default: false
        }
    }

    private func isSum(_ operation: any Operation) -> Bool {
        switch operation {
        case let op as Binary: op.kind == .add || op.kind == .subtract
        case let op as Unary: op.kind == .negate
        default: false
        }
    }

    /// Whether a result has as wide a range as the operands.
    private func keepsRange(_ operation: any Operation) -> Bool {
        switch operation {
        case let op as Unary:
            switch op.kind {
            case .abs, .square, .sqrt, .rsqrt, .reciprocal, .relu, .negate, .exp: true
            default: false
            }
        case is Binary, is Reduce, is Clip, is Variadic, is BatchNormalization: true
        default: QuantizationRule.movesOnly(operation)
        }
    }
}
