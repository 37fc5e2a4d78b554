import ModelGraph
import Operators

/// Removes operators that pass their operand on as it is.
///
///     x → Identity → y   ⟹   x in place of y
///
/// Identity is also: dropout outside training, a reshape to the same shape, a transpose that moves no axis, padding by
/// nothing, a concatenation, sum or extremum of one, a slice of the whole, a broadcast or repetition to
/// the same shape, a cast to the same type, pooling over single elements, x + 0, x − 0, x · 1, x / 1, x¹,
/// and a clamp of what is within its bounds already.
///
/// Everything here is exact, but for the sign of a zero (−0 + 0 = 0). A value that is an input as well as an output of
/// the graph keeps the operator between the two.
package struct RemoveIdentitiesPass: Pass {
    package static let name = "remove-identities"
    package static let summary = "remove operators that pass their operand on as it is"

    package let notes: [String] = []
    private var scan = GraphScan()

    package init(context: PassContext) throws(PassError) {}

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        let connections = GraphConnections(graph)
        return scan.next(in: graph) { id in
            guard let operand = graph.identityOperand(of: id, connections: connections) else { return nil }
            var patch = GraphPatch("remove \(graph[id].operation.name) \(graph.layerName(id))", for: graph)
            return patch.replaceResult(of: id, with: operand, in: graph, connections: connections) ? patch : nil
        }
    }
}

extension Graph {
    /// The operand that the node passes on as it is; nil if it does more, or may.
    fileprivate func identityOperand(of id: NodeID, connections: GraphConnections) -> ValueID? {
        let node = self[id]
        guard node.outputs.count == 1, case let input?? = node.inputs.first else { return nil }
        let output = node.outputs[0]
        let isSameShape = fixedSizes(input) != nil && fixedSizes(input) == fixedSizes(output)
        switch node.operation {
        case is Identity: return input
        case is Reshape, is Squeeze, is ExpandDimensions, is Unsqueeze, is Flatten:
            return isSameShape ? input : nil
        case is Transpose:
            let permutation = node.inputs.count > 1 ? integers(node.inputs[1]) : nil
            return permutation.map { $0 == Array($0.indices) } == true ? input : nil
        case is Expand, is Tile: return isSameShape ? input : nil
        case is Slice:
            let steps = node.inputs.count > 4 ? node.inputs[4].map { integers($0) ?? [0] } : nil
            return isSameShape && steps?.allSatisfy { $0 == 1 } != false ? input : nil
        case is Cast: return self[input].type == self[output].type ? input : nil
        case is Variadic: return node.inputs.count == 1 ? input : nil
        case is Pad, is GeneralPad:
            let amounts = node.inputs.count > 1 ? integers(node.inputs[1]) : nil
            return amounts?.allSatisfy { $0 == 0 } == true ? input : nil
        case let op as Concatenation: return node.inputs.count == 1 && op.activation == .none ? input : nil
        case is StridedSlice:
            let strides = node.inputs.count > 3 ? integers(node.inputs[3]) : nil
            return isSameShape && strides?.allSatisfy { $0 == 1 } == true ? input : nil
        case let op as Pool:
            let isWhole = (op.window + op.strides).allSatisfy { $0 == 1 } && op.activation == .none
            return isWhole && isSameShape ? input : nil
        case is Quantize: return self[input].quantization != nil ? input : nil
        case let op as Unary: return isClamped(input, within: op.kind, connections: connections) ? input : nil
        case let op as Binary: return neutralOperand(of: op, node, connections: connections)
        default: return nil
        }
    }

    private func isClamped(_ id: ValueID, within kind: Unary.Kind, connections: GraphConnections) -> Bool {
        guard let clamp = kind.clamp else { return false }
        let known = bounds(of: id, connections: connections)
        return known.lower >= clamp.lower && known.upper <= clamp.upper
    }

    /// The operand that an elementwise operator leaves as it is, because the other is its neutral element.
    private func neutralOperand(of op: Binary, _ node: Node, connections: GraphConnections) -> ValueID? {
        guard op.activation == .none, node.inputs.count == 2, case let left? = node.inputs[0],
            case let right? = node.inputs[1]
        else { return nil }
        func isNeutral(_ constant: ValueID, for operand: ValueID, _ element: Double) -> Bool {
            uniformConstant(constant, connections: connections) == element && broadcasts(constant, within: operand)
        }
        switch op.kind {
        case .add: return isNeutral(right, for: left, 0) ? left : isNeutral(left, for: right, 0) ? right : nil
        case .multiply: return isNeutral(right, for: left, 1) ? left : isNeutral(left, for: right, 1) ? right : nil
        case .subtract: return isNeutral(right, for: left, 0) ? left : nil
        case .divide, .power: return isNeutral(right, for: left, 1) ? left : nil
        default: return nil
        }
    }
}
