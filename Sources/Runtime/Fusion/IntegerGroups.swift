import ModelGraph
import Operators

/// Finds the operators between Dequantize and Quantize that onnxruntime runs on integers, and makes them operators on
/// integers.
///
///     Dequantize → Convolution → Relu → Quantize   ⟹   Convolution
///
/// The rules are those of onnxruntime 1.31 on x86 at its default level (its QDQ selectors): what it leaves between
/// Dequantize and Quantize runs on real numbers here as well. There it makes signed activations unsigned first, but not
/// those with several readers.
struct IntegerGroups {
    private(set) var graph: Graph
    private(set) var connections: GraphConnections
    /// Signed activations that onnxruntime leaves signed.
    private var staysSigned: Set<ValueID> = []

    /// Whether all operators are those of integers that the graph has, as a .tflite has them.
    let hasIntegers: Bool

    private init(_ graph: Graph, hasIntegers: Bool = false) {
        self.graph = graph
        self.hasIntegers = hasIntegers
        connections = GraphConnections(graph)
    }

    /// - Parameter keepsAllValues: whether real numbers that are made only to be quantized again are of interest.
    /// - Throws: `GraphError` if the graph is not valid.
    static func fuse(_ graph: Graph, keepsAllValues: Bool = false) throws(GraphError) -> Graph {
        guard graph.order.contains(where: { graph[$0].operation is Dequantize }) else { return graph }
        var groups = IntegerGroups(graph)
        try groups.mergePairs()
        groups.findSigned()
        try groups.dropRedundantClamps()
        try groups.moveBehindMovement()
        try groups.fuseAll()
        try groups.dropUnread()
        if !keepsAllValues { try groups.tabulate() }
        return groups.graph
    }

    /// Makes tables of operators on integers: Logistic → Multiply, and the like.
    ///
    /// - Throws: `GraphError` if the graph is not valid.
    static func tabulate(_ graph: Graph) throws(GraphError) -> Graph {
        let mayJoin = graph.order.contains { id in
            graph[id].operation is Binary && graph[id].outputs.first.map { graph[$0].type.bitWidth == 8 } == true
        }
        guard mayJoin else { return graph }
        var groups = IntegerGroups(graph, hasIntegers: true)
        try groups.tabulate()
        return groups.graph
    }

    mutating func apply(_ patch: GraphPatch) throws(GraphError) {
        // Only one of the two may hold the tables, or each patch would copy them.
        connections = GraphConnections(Graph(name: ""))
        try graph.apply(patch)
        connections = GraphConnections(graph)
    }

    // MARK: Parts

    /// The integers behind an operand that a Dequantize of one scale makes; weights may have several.
    private func integers(_ value: ValueID?, perTensor: Bool = true) -> ValueID? {
        guard let value, let producer = connections.producer(of: value), graph[producer].operation is Dequantize,
            let source = graph[producer].inputs.first ?? nil, let quantization = graph[source].quantization,
            quantization.blockSize == nil, !perTensor || quantization.isPerTensor
        else { return nil }
        return source
    }

    /// The only reader of a result, if it is a Quantize of one scale.
    private func quantize(behind value: ValueID) -> NodeID? {
        guard let reader = connections.soleConsumer(of: value), graph[reader].operation is Quantize,
            let output = graph[reader].outputs.first, graph[output].quantization?.isPerTensor == true
        else { return nil }
        return reader
    }

    func isByte(_ value: ValueID) -> Bool { graph[value].type == .int8 || graph[value].type == .uint8 }

    private func haveSameScale(_ a: ValueID, _ b: ValueID) -> Bool {
        graph[a].type == graph[b].type && graph[a].quantization?.scales == graph[b].quantization?.scales
            && graph[a].quantization?.zeroPoints == graph[b].quantization?.zeroPoints
    }

    private mutating func findSigned() {
        for id in graph.order where graph[id].operation is Quantize {
            guard let value = graph[id].outputs.first, graph[value].type == .int8, !hasOneReader(value) else {
                continue
            }
            staysSigned.insert(value)
        }
    }

    /// Whether one operator reads the integers, by way of a Dequantize.
    private func hasOneReader(_ value: ValueID) -> Bool {
        guard let reader = connections.soleConsumer(of: value), graph[reader].operation is Dequantize,
            let output = graph[reader].outputs.first
        else { return false }
        return connections.soleConsumer(of: output) != nil
            || connections.isGraphOutput(output) && connections.consumers(of: output).isEmpty
    }

    /// Whether onnxruntime has both in one type.
    private func haveSameType(_ a: ValueID, _ b: ValueID) -> Bool {
        func isSigned(_ value: ValueID) -> Bool { graph[value].type == .int8 && staysSigned.contains(value) }
        return graph[a].type == graph[b].type && isSigned(a) == isSigned(b)
    }

    // MARK: Pairs

    /// Quantize → Dequantize → Quantize → Dequantize becomes one pair of the range that both have, as onnxruntime's
    /// DoubleQDQPairsRemover makes it.
    private mutating func mergePairs() throws(GraphError) {
        for id in graph.order where graph.contains(id) && graph[id].operation is Dequantize {
            guard let first = integers(graph[id].outputs.first), isByte(first),
                let parent = connections.producer(of: first), graph[parent].operation is Quantize,
                connections.soleConsumer(of: first) == id, let child = quantize(behind: graph[id].outputs[0]),
                case let second = graph[child].outputs[0], graph[second].type == graph[first].type,
                let reader = connections.soleConsumer(of: second), graph[reader].operation is Dequantize,
                let merged = commonQuantization(first, second)
            else { continue }
            var patch = GraphPatch("merge pairs of quantization", for: graph)
            var value = graph[first]
            value.quantization = merged
            patch.updateValue(first, value)
            patch.replaceUses(of: second, with: first)
            patch.removeNode(id)
            patch.removeNode(child)
            try apply(patch)
        }
    }

    /// The range that both have; nil if there is none.
    private func commonQuantization(_ a: ValueID, _ b: ValueID) -> Quantization? {
        guard let first = graph[a].quantization, let second = graph[b].quantization else { return nil }
        if first.zeroPoint == second.zeroPoint, abs(first.scale - second.scale) < 1e-20 { return first }
        let (lowest, highest): (Float, Float) = graph[a].type == .uint8 ? (0, 255) : (-128, 127)
        func real(_ bound: Float, _ q: Quantization) -> Float { (bound - Float(q.zeroPoint)) * q.scale }
        let low = max(real(lowest, first), real(lowest, second))
        let scale = (min(real(highest, first), real(highest, second)) - low) / (highest - lowest)
        guard scale > 0, scale.isFinite else { return nil }
        let zeroPoint = (lowest - low / scale).rounded(.toNearestOrAwayFromZero)
        guard zeroPoint >= lowest, zeroPoint <= highest else { return nil }
        return Quantization(scale: scale, zeroPoint: Int64(zeroPoint))
    }

    // MARK: Clamps

    /// Relu → Quantize whose integers cannot stand for less than 0, and the like.
    private mutating func dropRedundantClamps() throws(GraphError) {
        var patch = GraphPatch("drop clamps that quantization makes redundant", for: graph)
        for id in graph.order {
            guard let unary = graph[id].operation as? Unary, let output = graph[id].outputs.first,
                let input = graph[id].inputs.first ?? nil, let reader = quantize(behind: output),
                let result = graph[reader].outputs.first, isRedundant(unary, before: result)
            else { continue }
            patch.removeNode(id)
            patch.replaceUses(of: output, with: input)
        }
        if !patch.isEmpty { try apply(patch) }
    }

    private func isRedundant(_ unary: Unary, before result: ValueID) -> Bool {
        guard isByte(result), let quantization = graph[result].quantization else { return false }
        let (lowest, highest): (Int64, Int64) = graph[result].type == .uint8 ? (0, 255) : (-128, 127)
        let bounds: (Float, Float)
        switch unary.kind {
        case .relu: return quantization.zeroPoint == lowest
        case .relu6: bounds = (0, 6)
        case .reluN1To1: bounds = (-1, 1)
        case .relu0To1: bounds = (0, 1)
        default: return false
        }
        func integer(_ bound: Float) -> Float {
            (bound / quantization.scale).rounded(.toNearestOrEven) + Float(quantization.zeroPoint)
        }
        return integer(bounds.0) <= Float(lowest) && integer(bounds.1) >= Float(highest)
    }

    // MARK: Movement

    private func onlyMoves(_ operation: any Operation) -> Bool {
        if let pool = operation as? Pool { return pool.kind == .max }
        return operation is Reshape || operation is Transpose || operation is Squeeze || operation is Unsqueeze
            || operation is Slice
    }

    /// Dequantize → Reshape becomes Reshape → Dequantize, and Reshape → Quantize becomes Quantize → Reshape, so that the
    /// operators beyond find what they need. No number changes: the integers of a real number that was made from
    /// integers are these.
    private mutating func moveBehindMovement() throws(GraphError) {
        for id in graph.order where onlyMoves(graph[id].operation) {
            guard let output = graph[id].outputs.first, graph[id].outputs.count == 1, !graph[output].isVariable,
                let source = integers(graph[id].inputs.first ?? nil), isByte(source), quantize(behind: output) == nil
            else { continue }
            var patch = GraphPatch("dequantize behind movement", for: graph)
            let moved = patch.addValue(integerValue(like: output, quantizedAs: source))
            if graph[source].type == .int8, connections.consumers(of: output).count > 1 { staysSigned.insert(moved) }
            var node = graph[id]
            node.inputs[0] = source
            node.outputs = [moved]
            patch.updateNode(id, node)
            let reader = connections.consumers(of: output).first
            patch.addNode(Node(Dequantize(), inputs: [moved], outputs: [output]), before: reader)
            try apply(patch)
        }
        for id in graph.order.reversed() where onlyMoves(graph[id].operation) {
            guard let output = graph[id].outputs.first, graph[id].outputs.count == 1,
                let input = graph[id].inputs.first ?? nil, let producer = connections.producer(of: input),
                !(graph[producer].operation is Dequantize), connections.soleConsumer(of: input) == id,
                let reader = quantize(behind: output), let result = graph[reader].outputs.first, isByte(result)
            else { continue }
            var patch = GraphPatch("quantize ahead of movement", for: graph)
            let moved = patch.addValue(integerValue(like: input, quantizedAs: result))
            var node = graph[id]
            node.inputs[0] = moved
            node.outputs = [result]
            patch.updateNode(id, node)
            patch.removeNode(reader)
            patch.addNode(Node(Quantize(), inputs: [input], outputs: [moved]), before: id)
            try apply(patch)
        }
    }

    private func integerValue(like value: ValueID, quantizedAs integers: ValueID) -> Value {
        Value(
            name: graph[value].name + "/integers", type: graph[integers].type, shape: graph[value].shape,
            quantization: graph[integers].quantization)
    }

    // MARK: Groups

    private mutating func fuseAll() throws(GraphError) {
        var patch = GraphPatch("run on integers", for: graph)
        for id in graph.order {
            guard let output = graph[id].outputs.first, graph[id].outputs.count == 1 else { continue }
            let reader = quantize(behind: output)
            let result = reader.flatMap { graph[$0].outputs.first }
            guard let inputs = operands(of: id, result: result, in: &patch) else { continue }
            var node = graph[id]
            node.inputs = inputs
            if let x = inputs.first ?? nil, graph[x].type == .int8, !staysSigned.contains(x),
                let operation = node.operation as? any Relayable, operation is Softmax || operation is Binary
            {
                node.operation = MadeUnsigned(operation: operation)
            }
            if let reader, let result {
                node.outputs = [result]
                patch.removeNode(reader)
            }
            patch.updateNode(id, node)
        }
        if !patch.isEmpty { try apply(patch) }
    }

    /// The operands as integers; nil if the operator runs on real numbers.
    /// - Parameter result: the integers that are made of the node's result; nil if real numbers are read.
    private func operands(of id: NodeID, result: ValueID?, in patch: inout GraphPatch) -> [ValueID?]? {
        let node = graph[id]
        guard let x = integers(node.inputs.first ?? nil), isByte(x) else { return nil }
        if let result, !isByte(result) || !haveSameType(result, x) { return nil }
        switch node.operation {
        case is Convolution:
            return result == nil || staysSigned.contains(x) ? nil : linearOperands(node, x: x, in: &patch)
        case let gemm as Gemm:
            guard node.inputs.count < 3 || gemm.beta == 1, gemm.alpha == 1 else { return nil }
            return linearOperands(node, x: x, in: &patch)
        case is MatrixMultiplication:
            guard !staysSigned.contains(x) else { return nil }
            if let other = integers(node.inputs[1]), isByte(other), graph[other].constant == nil {
                return graph[x].type == .uint8 || graph[other].type == .int8 ? [x, other] : nil
            }
            return linearOperands(node, x: x, in: &patch)
        case let binary as Binary:
            guard result != nil, binary.kind == .add || binary.kind == .multiply, node.inputs.count == 2,
                let other = integers(node.inputs[1]), haveSameType(other, x)
            else { return nil }
            return [x, other]
        case is Concatenation:
            let parts = node.inputs.map { integers($0) }
            guard result != nil, parts.allSatisfy({ $0.map { haveSameType($0, x) } ?? false }) else {
                return nil
            }
            return parts
        case let pool as Pool:
            guard let result else { return nil }
            return pool.kind == .average || haveSameScale(x, result) ? [x] : nil
        case let pool as GlobalPool:
            return result != nil && pool.kind == .average ? [x] : nil
        case let unary as Unary:
            return result != nil && unary.kind == .logistic ? [x] : nil
        case let unary as ParametricUnary:
            return result != nil && unary.kind == .leakyRelu ? [x] : nil
        case is Softmax:
            return result == nil || staysSigned.contains(x) ? nil : [x]
        default:
            let isMovement = onlyMoves(node.operation) || node.operation is Flatten || node.operation is Gather
            guard isMovement, let result, haveSameScale(x, result) else { return nil }
            return [x] + node.inputs.dropFirst()
        }
    }

    /// x, weights and bias of a linear operator. A real bias becomes integers of scale x · scale w, as onnxruntime makes
    /// them.
    private func linearOperands(_ node: Node, x: ValueID, in patch: inout GraphPatch) -> [ValueID?]? {
        guard node.inputs.count > 1, let w = integers(node.inputs[1], perTensor: false), graph[w].constant != nil,
            graph[w].type == .int8 || graph[w].type == .uint8 && graph[x].type == .uint8
        else { return nil }
        guard node.inputs.count > 2, let given = node.inputs[2] else { return [x, w] }
        if let bias = integers(given, perTensor: false) {
            return graph[bias].type == .int32 && graph[bias].constant != nil ? [x, w, bias] : nil
        }
        guard graph[given].type == .float32, let real = graph[given].facts.constant?.elements(as: Float.self),
            let scales = graph[w].quantization?.scales, scales.count == 1 || scales.count == real.count,
            let scale = graph[x].quantization?.scale
        else { return nil }
        var value = graph[given]
        value.type = .int32
        value.source = nil
        let whole = real.indices.map { index -> Int32 in
            let quotient = real[index] / (scale * scales[scales.count == 1 ? 0 : index])
            return Int32(exactly: quotient.rounded(.toNearestOrEven)) ?? (quotient > 0 ? .max : .min)
        }
        value.constant = TensorData(whole)
        return [x, w, patch.addValue(value)]
    }

    // MARK: Leftovers

    /// Removes each Dequantize that nobody reads any more.
    private mutating func dropUnread() throws(GraphError) {
        var patch = GraphPatch("drop what nobody reads", for: graph)
        for id in graph.order where graph[id].operation is Dequantize {
            let isRead = graph[id].outputs.contains {
                connections.isGraphOutput($0) || !connections.consumers(of: $0).isEmpty
            }
            if !isRead { patch.removeNode(id) }
        }
        if !patch.isEmpty { try apply(patch) }
    }
}
