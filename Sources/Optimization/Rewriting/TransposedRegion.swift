import ModelGraph
import Operators

/// Operators behind a Transpose that can as well run before it.
///
/// All of them see tensors whose axis i is axis `permutation[i]` of the tensor before the Transpose. They are connected
/// by the values between them.
struct TransposedRegion {
    let permutation: [Int]
    /// permutation[inverse[i]] = i.
    let inverse: [Int]
    private(set) var nodes: Set<NodeID> = []
    /// What the region reads of transposes like the first, by their results.
    private(set) var entries: [ValueID: NodeID] = [:]
    /// What it reads from elsewhere.
    private(set) var foreign: Set<ValueID> = []
    /// The transposes back, by what they read.
    private(set) var exits: [ValueID: [NodeID]] = [:]
    /// Results of the region that something else reads, or that are outputs of the graph.
    private(set) var exposed: Set<ValueID> = []
    /// How many transposes fewer there are once the region is rewritten.
    private(set) var saving = 0

    private static let nodeLimit = 512

    /// - Returns: nil if nothing behind the node can run before it, or too much to look at.
    init?(from first: NodeID, in graph: Graph, connections: GraphConnections) {
        guard let start = graph.transposition(first) else { return nil }
        permutation = start.permutation
        var inverse = permutation
        for (to, from) in permutation.enumerated() { inverse[from] = to }
        self.inverse = inverse
        var open = connections.consumers(of: start.output)
        while let id = open.popLast() {
            guard !nodes.contains(id), canMove(id, in: graph, connections: connections) else { continue }
            guard nodes.count < Self.nodeLimit else { return nil }
            nodes.insert(id)
            open += connections.consumers(of: graph[id].outputs[0])
            for input in graph.movingOperands(of: id) {
                if let producer = connections.producer(of: input) { open.append(producer) }
            }
        }
        guard !nodes.isEmpty else { return nil }
        collectBorder(in: graph, connections: connections)
        count(in: graph, connections: connections)
    }

    /// Whether the operator can run with its axes in another order.
    private func canMove(_ id: NodeID, in graph: Graph, connections: GraphConnections) -> Bool {
        let node = graph[id]
        guard node.outputs.count == 1, node.intermediates.isEmpty else { return false }
        let moving = graph.movingOperands(of: id)
        for value in moving + node.outputs {
            guard graph[value].shape?.rank == permutation.count, graph[value].quantization?.axis == nil,
                !graph[value].isVariable, graph[value].constant == nil || node.operation is Binary
            else { return false }
        }
        switch node.operation {
        case is Unary, is ParametricUnary, is Gelu, is Cast, is Identity: return true
        case is Clip: return !moving.isEmpty
        case is Quantize, is Dequantize: return !moving.isEmpty
        case is Concatenation: return !moving.isEmpty && moving.count == node.inputs.count
        case is Binary:
            return node.inputs.count == 2
                && node.inputs.allSatisfy { operand in
                    operand.map { moving.contains($0) || transposed(constant: $0, in: graph) != nil } ?? false
                }
        case is Pad:
            return node.inputs.count >= 2 && graph.integers(node.inputs[1])?.count == 2 * permutation.count
        case let op as Reduce:
            guard op.keepsDimensions, node.inputs.count == 2, let axes = graph.integers(node.inputs[1]) else {
                return false
            }
            return (try? Reduce.mask(axes: axes, rank: permutation.count)) != nil
        default: return false
        }
    }

    private mutating func collectBorder(in graph: Graph, connections: GraphConnections) {
        for id in nodes {
            for input in graph.movingOperands(of: id) {
                guard let producer = connections.producer(of: input) else {
                    foreign.insert(input)
                    continue
                }
                if nodes.contains(producer) { continue }
                if let entry = graph.transposition(producer), entry.permutation == permutation,
                    !graph[entry.input].isVariable, graph[entry.input].quantization == graph[input].quantization
                {
                    entries[input] = producer
                } else {
                    foreign.insert(input)
                }
            }
            let result = graph[id].outputs[0]
            if connections.isGraphOutput(result) { exposed.insert(result) }
            var hasInterfaceExit = false
            for reader in connections.consumers(of: result) where !nodes.contains(reader) {
                guard let exit = graph.transposition(reader), exit.permutation == inverse,
                    !graph[exit.output].isVariable, graph[exit.output].quantization == graph[result].quantization,
                    !hasInterfaceExit || !connections.isGraphOutput(exit.output)
                else {
                    exposed.insert(result)
                    continue
                }
                // The result can be written under one name only: an output's goes first.
                if connections.isGraphOutput(exit.output) {
                    hasInterfaceExit = true
                    exits[result, default: []].insert(reader, at: 0)
                } else {
                    exits[result, default: []].append(reader)
                }
            }
        }
    }

    private mutating func count(in graph: Graph, connections: GraphConnections) {
        let freed = entries.keys.count { value in
            !connections.isGraphOutput(value) && connections.consumers(of: value).allSatisfy(nodes.contains)
        }
        saving = freed + exits.values.reduce(0) { $0 + $1.count } - foreign.count - exposed.count
    }

    // MARK: Rewriting

    func patch(in graph: Graph, connections: GraphConnections) -> GraphPatch {
        let first = entries.values.min().map { graph.layerName($0) } ?? ""
        var patch = GraphPatch("move \(first) behind \(nodes.count) operators, where it cancels", for: graph)
        let likeness = entries.values.min().flatMap { graph[$0].inputs[1] }
        var moved: [ValueID: ValueID] = [:]
        for (value, entry) in entries {
            if let input = graph.transposition(entry)?.input { moved[value] = input }
        }
        let ordered = graph.order.filter(nodes.contains)
        for value in foreign.sorted() {
            let axes = patch.addPermutation(inverse, like: likeness, of: value, in: graph)
            let result = patch.addValue(untransposed(value, named: "/transposed", in: graph))
            let reader = ordered.first { graph[$0].inputs.contains(value) }
            patch.addNode(Node(Transpose(), inputs: [value, axes], outputs: [result]), before: reader)
            moved[value] = result
        }
        for id in ordered {
            let result = graph[id].outputs[0]
            let leaving = exits[result] ?? []
            if let exit = leaving.first {
                moved[result] = graph[exit].outputs[0]
                for other in leaving.dropFirst() {
                    patch.replaceUses(of: graph[other].outputs[0], with: graph[exit].outputs[0])
                }
                for exit in leaving { patch.removeNode(exit) }
            } else if exposed.contains(result) {
                moved[result] = patch.addValue(untransposed(result, named: "/transposed", in: graph))
            } else {
                moved[result] = result
                patch.updateValue(result, untransposed(result, named: "", in: graph))
            }
        }
        for id in ordered {
            patch.updateNode(id, rewritten(graph[id], moved: moved, in: graph, patch: &patch))
            let result = graph[id].outputs[0]
            guard exposed.contains(result), let source = moved[result] else { continue }
            let axes = patch.addPermutation(permutation, like: likeness, of: result, in: graph)
            let position = graph.order.firstIndex(of: id).map { $0 + 1 } ?? graph.order.count
            patch.addNode(
                Node(Transpose(), inputs: [source, axes], outputs: [result]),
                before: position < graph.order.count ? graph.order[position] : nil)
        }
        for (value, entry) in entries.sorted(by: { $0.key < $1.key }) {
            if !connections.isGraphOutput(value), connections.consumers(of: value).allSatisfy(nodes.contains) {
                patch.removeNode(entry)
            }
        }
        return patch
    }

    /// A value as it is before the Transpose.
    private func untransposed(_ id: ValueID, named suffix: String, in graph: Graph) -> Value {
        var value = graph[id]
        if !suffix.isEmpty { (value.name, value.source) = (value.name + suffix, nil) }
        if let shape = value.shape {
            value.shape = Shape(dimensions: inverse.map { shape.dimensions[$0] })
        }
        return value
    }

    private func rewritten(
        _ node: Node, moved: [ValueID: ValueID], in graph: Graph, patch: inout GraphPatch
    ) -> Node {
        var node = node
        let operands = node.inputs
        node.outputs = node.outputs.map { moved[$0] ?? $0 }
        node.inputs = operands.map { $0.map { moved[$0] ?? $0 } }
        switch node.operation {
        case var op as Concatenation:
            let axis = op.axis < 0 ? op.axis + permutation.count : op.axis
            if permutation.indices.contains(axis) { op.axis = permutation[axis] }
            node.operation = op
        case is Binary:
            for (index, operand) in operands.enumerated() {
                guard let operand, moved[operand] == nil, let constant = transposed(constant: operand, in: graph),
                    constant.shape != graph[operand].shape || constant.constant != graph[operand].constant
                else { continue }
                node.inputs[index] = patch.addValue(constant)
            }
        case is Pad:
            guard let amounts = graph.integers(operands[1]) else { break }
            node.inputs[1] = renamed(
                operands[1], inverse.flatMap { amounts[(2 * $0)...(2 * $0 + 1)] }, in: graph, patch: &patch)
        case is Reduce:
            guard let axes = graph.integers(operands[1]) else { break }
            let positive = axes.map { $0 < 0 ? $0 + permutation.count : $0 }
            node.inputs[1] = renamed(operands[1], positive.map { permutation[$0] }, in: graph, patch: &patch)
        default: break
        }
        return node
    }

    /// A constant of integers like another one.
    private func renamed(
        _ id: ValueID?, _ elements: [Int], in graph: Graph, patch: inout GraphPatch
    ) -> ValueID? {
        guard let id else { return nil }
        var value = graph[id]
        value.source = nil
        value.name += "/transposed"
        value.constant =
            value.type == .int64 ? TensorData(elements.map { Int64($0) }) : TensorData(elements.map { Int32($0) })
        return patch.addValue(value)
    }

    /// A constant operand as it has to be before the Transpose; nil if its elements cannot be moved.
    private func transposed(constant id: ValueID, in graph: Graph) -> Value? {
        var value = graph[id]
        guard let data = value.facts.constant, let sizes = graph.fixedSizes(id), sizes.count <= permutation.count,
            value.quantization?.axis == nil, let bits = value.type.bitWidth, bits % 8 == 0,
            let count = Shape.elementCount(sizes), data.byteCount == count * (bits / 8)
        else { return nil }
        if count == 1 { return value }
        let full = Array(repeating: 1, count: permutation.count - sizes.count) + sizes
        let bytes = data.withUnsafeBytes { Array($0) }
        value.constant = TensorData(bytes: bytes.transposed(sizes: full, axes: inverse, width: bits / 8))
        value.shape = Shape(Array(inverse.map { full[$0] }.drop { $0 == 1 }))
        value.source = nil
        value.name += "/transposed"
        return value
    }
}

extension Graph {
    /// The operands that have the axes of the result: all but constants that broadcast, amounts and axes.
    fileprivate func movingOperands(of id: NodeID) -> [ValueID] {
        let node = self[id]
        let operands = node.inputs.compactMap(\.self)
        switch node.operation {
        case is Pad, is Reduce, is Clip: return node.inputs.prefix(1).compactMap(\.self)
        case is Binary: return operands.filter { self[$0].constant == nil }
        default: return operands
        }
    }
}

extension [UInt8] {
    /// Elements of `width` bytes with their axes in another order: axis i of the result is axis `axes[i]`.
    fileprivate func transposed(sizes: [Int], axes: [Int], width: Int) -> [UInt8] {
        var strides = Array<Int>(repeating: 1, count: sizes.count)
        for axis in sizes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
        let shape = axes.map { sizes[$0] }
        let steps = axes.map { strides[$0] }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var index = Array<Int>(repeating: 0, count: shape.count)
        var offset = 0
        for _ in 0..<shape.reduce(1, *) {
            result += self[offset * width..<(offset + 1) * width]
            for axis in shape.indices.reversed() {
                index[axis] += 1
                offset += steps[axis]
                if index[axis] < shape[axis] { break }
                offset -= index[axis] * steps[axis]
                index[axis] = 0
            }
        }
        return result
    }
}
