import ModelGraph
import Operators

extension IntegerGroups {
    /// Operators whose results are each made of one element of the operands, at most so many in one table.
    private static let longestChain = 16

    /// Dequantize → HardSwish → Quantize, a product of x and a function of x, and what else makes one byte of one byte
    /// becomes its table. No number changes: the operators run once, on all bytes.
    mutating func tabulate() throws(GraphError) {
        var patch = GraphPatch("tabulate functions of bytes", for: graph)
        var taken: Set<NodeID> = []
        for id in graph.order.reversed() where !taken.contains(id) {
            guard let (root, nodes) = chain(to: id, taken), isWorthwhile(root, nodes),
                let function = function(of: root, nodes)
            else { continue }
            taken.formUnion(nodes)
            for node in nodes where node != id { patch.removeNode(node) }
            var node = graph[id]
            (node.operation, node.inputs) = (function, [root])
            patch.updateNode(id, node)
        }
        if !patch.isEmpty { try apply(patch) }
    }

    /// The most nodes before a node that makes bytes, itself included, that are a function of one tensor of bytes.
    ///
    /// - Returns: that tensor, and the nodes in running order.
    private func chain(to id: NodeID, _ taken: Set<NodeID>) -> (root: ValueID, nodes: [NodeID])? {
        guard let result = graph[id].outputs.first, isScaledByte(result), isPointwise(id),
            let first = variables(of: id)
        else { return nil }
        var nodes: Set<NodeID> = [id]
        var frontier = first
        var found: (root: ValueID, nodes: [NodeID])?
        while nodes.count < Self.longestChain {
            // What was made last goes first, so that all of its readers are there when a value's turn comes.
            let next = frontier.compactMap { value in connections.producer(of: value).map { (value, $0) } }
                .max { connections.position(of: $0.1) < connections.position(of: $1.1) }
            guard let (value, producer) = next, isPointwise(producer), !taken.contains(producer),
                !connections.isGraphOutput(value), !hasIntegers || isScaledByte(value),
                let operands = variables(of: producer),
                connections.consumers(of: value).allSatisfy(nodes.contains)
            else { break }
            nodes.insert(producer)
            frontier.remove(value)
            frontier.formUnion(operands)
            if frontier.count == 1, let root = frontier.first, isScaledByte(root), graph[root].constant == nil {
                found = (root, nodes.sorted { connections.position(of: $0) < connections.position(of: $1) })
            }
        }
        return found
    }

    /// One operator on integers is a table as it is. LiteRT computes those of more than six axes in another way.
    private func isWorthwhile(_ root: ValueID, _ nodes: [NodeID]) -> Bool {
        !hasIntegers || nodes.count > 1 && graph[root].shape.map { $0.rank <= 6 } == true
    }

    private func isScaledByte(_ value: ValueID) -> Bool {
        isByte(value) && graph[value].quantization?.isPerTensor == true && !graph[value].isVariable
    }

    private func isPointwise(_ id: NodeID) -> Bool {
        let node = graph[id]
        guard node.outputs.count == 1, node.intermediates.isEmpty, node.implicitInputs.isEmpty else { return false }
        switch node.operation {
        case is Unary, is ParametricUnary, is Binary: return true
        case _ where hasIntegers: return false
        case is Quantize, is Dequantize, is Clip: return true
        case let unsigned as MadeUnsigned: return unsigned.operation is Binary
        default: return false
        }
    }

    /// The operands that are no constants of one element; nil if another operand is constant.
    private func variables(of id: NodeID) -> Set<ValueID>? {
        var found: Set<ValueID> = []
        for case let input? in graph[id].inputs {
            guard let constant = graph[input].facts.constant else {
                found.insert(input)
                continue
            }
            guard graph[input].shape?.sizes?.allSatisfy({ $0 == 1 }) == true, constant.byteCount > 0 else { return nil }
        }
        return found
    }

    /// - Returns: nil if something on the way is neither a real number nor a byte of one scale.
    private func function(of root: ValueID, _ nodes: [NodeID]) -> ByteFunction? {
        var places = [root: 0]
        var facts = [TensorFacts(type: graph[root].type, shape: [256])]
        var steps: [ByteFunction.Step] = []
        for id in nodes {
            let node = graph[id]
            var operands: [ByteFunction.Operand?] = []
            var known: [TensorFacts?] = []
            for input in node.inputs {
                guard let input else {
                    operands.append(nil)
                    known.append(nil)
                    continue
                }
                if let place = places[input] {
                    operands.append(.result(place))
                    known.append(facts[place])
                } else if graph[input].facts.constant != nil {
                    operands.append(.constant(graph[input]))
                    known.append(TensorFacts(type: graph[input].type, shape: [1]))
                } else {
                    return nil
                }
            }
            let value = graph[node.outputs[0]]
            // What the file says nothing about has the type that the operator gives it.
            guard let result = (try? node.operation.inferOutputs(from: known))?.first else { return nil }
            let type = value.type == .variant ? result.type : value.type
            guard type == .float32 || isScaledByte(node.outputs[0]) else { return nil }
            steps.append(
                ByteFunction.Step(
                    operation: node.operation, operands: operands, type: type, quantization: value.quantization))
            places[node.outputs[0]] = steps.count
            facts.append(TensorFacts(type: type, shape: [256]))
        }
        return ByteFunction(steps: steps, type: graph[root].type, quantization: graph[root].quantization)
    }
}
