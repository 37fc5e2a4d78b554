import ModelGraph
import Operators

/// y = scale · x + offset, for each channel.
package struct ChannelAffine: Sendable, Equatable {
    package var scale: [Double]
    package var offset: [Double]

    package static func identity(channels: Int) -> ChannelAffine {
        ChannelAffine(
            scale: Array(repeating: 1, count: channels), offset: Array(repeating: 0, count: channels))
    }

    package var isFinite: Bool { scale.allSatisfy(\.isFinite) && offset.allSatisfy(\.isFinite) }
    package var scales: Bool { scale.contains { $0 != 1 } }
    package var shifts: Bool { offset.contains { $0 != 0 } }

    package func followed(by next: ChannelAffine) -> ChannelAffine {
        ChannelAffine(
            scale: zip(scale, next.scale).map { $0 * $1 },
            offset: zip(offset, zip(next.scale, next.offset)).map { $0 * $1.0 + $1.1 })
    }
}

/// The axis of an activation along which its channels stand.
package struct ChannelAxis: Sendable, Equatable {
    /// Counted from the last axis.
    package var place: Int
    package var channels: Int
    /// The activation's rank; nil if it is not known.
    package var rank: Int?

    /// Whether an operand of these extents has one element for each channel, or one for all, and leaves the
    /// activation's shape as it is.
    package func holds(_ sizes: [Int]) -> Bool {
        if let rank, sizes.count > rank { return false }
        if rank == nil, sizes.count > place + 1 { return false }
        return sizes.enumerated().allSatisfy { axis, size in
            size == 1 || (axis == sizes.count - 1 - place && size == channels)
        }
    }
}

extension ChannelAffine {
    /// The affine map of one node with constant operands; nil if it is not one for each channel.
    ///
    ///     Add, Sub, Mul, Div by a constant; BatchNormalization: scale = γ/√(σ²+ε), offset = β − μ·scale
    ///
    /// - Parameters:
    ///   - input: the operand that is not constant.
    ///   - axis: where its channels stand.
    /// - Source: Ioffe and Szegedy 2015.
    init?(_ node: Node, input: ValueID, _ axis: ChannelAxis, in graph: Graph, connections: GraphConnections) {
        switch node.operation {
        case let binary as Binary:
            guard node.outputs.count == 1 else { return nil }
            if let before = graph[input].shape, let after = graph[node.outputs[0]].shape, before != after { return nil }
            self.init(binary, node, input: input, axis, graph, connections)
        case let norm as BatchNormalization:
            self.init(norm, node, input: input, axis, graph, connections)
        default: return nil
        }
    }

    private init?(
        _ binary: Binary, _ node: Node, input: ValueID, _ axis: ChannelAxis, _ graph: Graph,
        _ connections: GraphConnections
    ) {
        guard node.inputs.count == 2, case let left? = node.inputs[0], case let right? = node.inputs[1], left != right
        else { return nil }
        let inputIsLeft = left == input
        guard inputIsLeft || right == input,
            let constant = graph.perChannelConstant(inputIsLeft ? right : left, axis, connections: connections)
        else { return nil }
        let ones = Array(repeating: 1.0, count: axis.channels)
        let zeros = Array(repeating: 0.0, count: axis.channels)
        switch binary.kind {
        case .add: self.init(scale: ones, offset: constant)
        case .subtract where inputIsLeft: self.init(scale: ones, offset: constant.map { -$0 })
        case .subtract: self.init(scale: ones.map { -$0 }, offset: constant)
        case .multiply: self.init(scale: constant, offset: zeros)
        case .divide where inputIsLeft && !constant.contains(0):
            self.init(scale: constant.map { 1 / $0 }, offset: zeros)
        default: return nil
        }
        guard isFinite else { return nil }
    }

    private init?(
        _ norm: BatchNormalization, _ node: Node, input: ValueID, _ axis: ChannelAxis, _ graph: Graph,
        _ connections: GraphConnections
    ) {
        guard node.inputs.count == 5, node.inputs[0] == input, let rank = axis.rank, rank >= 2,
            norm.layout.channelAxis(rank: rank) == rank - 1 - axis.place
        else { return nil }
        var parameters: [[Double]] = []
        for operand in node.inputs.dropFirst() {
            guard let operand, let values = graph.realConstant(operand, connections: connections),
                values.count == axis.channels
            else { return nil }
            parameters.append(values.map(Double.init))
        }
        let (gamma, beta, mean, variance) = (parameters[0], parameters[1], parameters[2], parameters[3])
        let scale = zip(gamma, variance).map { $0 / ($1 + Double(norm.epsilon)).squareRoot() }
        self.init(scale: scale, offset: zip(beta, zip(mean, scale)).map { $0 - $1.0 * $1.1 })
        guard isFinite else { return nil }
    }
}

extension Operation {
    /// Whether the operator is of a kind that a `ChannelAffine` can be.
    var mayScaleChannels: Bool { self is Binary || self is BatchNormalization }
}

extension Graph {
    /// A constant that holds one number for each channel, or one for all.
    func perChannelConstant(_ id: ValueID, _ axis: ChannelAxis, connections: GraphConnections) -> [Double]? {
        guard let sizes = self[id].shape?.sizes, axis.holds(sizes),
            let values = realConstant(id, connections: connections), values.count == Shape.elementCount(sizes)
        else { return nil }
        return values.count == 1 && axis.channels != 1
            ? Array(repeating: Double(values[0]), count: axis.channels) : values.map(Double.init)
    }
}
