import ModelGraph
import Operators

/// Spells integer operators as DequantizeLinear → operator → QuantizeLinear.
///
///     x, w, b integers:  Convolution(x, w, b) → y
///     ⟹  Dequantize(x), Dequantize(w), Dequantize(b) → Convolution → Quantize → y
///
/// All readers of an integer tensor share one DequantizeLinear, so both branches behind a residual edge see the same
/// parameters.
struct QuantizedExpansion {
    private let graph: Graph
    private let form: QuantizedForm.Form
    private var patch: GraphPatch
    /// The real form of each integer tensor that has one.
    private var real: [ValueID: ValueID] = [:]
    private var products: DynamicProducts

    init(_ graph: Graph, form: QuantizedForm.Form) {
        self.graph = graph
        self.form = form
        patch = GraphPatch("spell integer operators", for: graph)
        products = DynamicProducts(graph)
        for id in graph.order where graph[id].operation is Dequantize {
            guard case let input?? = graph[id].inputs.first, let output = graph[id].outputs.first, isInteger(input),
                graph[output].type == .float32
            else { continue }
            real[input] = real[input] ?? output
        }
    }

    mutating func expand() throws(GraphError) -> Graph {
        for (position, id) in graph.order.enumerated() {
            let next = position + 1 < graph.order.count ? graph.order[position + 1] : nil
            expand(id, before: next)
        }
        return patch.isEmpty ? graph : try graph.applying(patch)
    }

    private func isInteger(_ id: ValueID) -> Bool { graph[id].type.isInteger && graph[id].quantization != nil }

    private mutating func expand(_ id: NodeID, before next: NodeID?) {
        let node = graph[id]
        switch node.operation {
        case is OpaqueOperation, is Dequantize, is ShapeOf: return
        case is Quantize:
            // From integers to integers of other parameters: by way of real numbers.
            guard case let input?? = node.inputs.first, isInteger(input) else { return }
            var changed = node
            changed.inputs[0] = dequantized(input, before: id)
            return patch.updateNode(id, changed)
        default: break
        }
        let integers = (node.inputs.compactMap { $0 } + node.outputs).filter(isInteger)
        guard !integers.isEmpty, !(form == .qOperator && hasIntegerForm(node)), !products.spell(id, in: &patch) else {
            return
        }
        var changed = node
        // Scales and zero points that an integer operator was read with.
        changed.implicitInputs = []
        changed.inputs = node.inputs.map { input in
            guard let input, isInteger(input) else { return input }
            return dequantized(input, before: id)
        }
        let activation = node.operation.clamp
        changed.operation = node.operation.withoutActivation
        for (index, output) in node.outputs.enumerated() where isInteger(output) {
            var result = realResult(of: output)
            changed.outputs[index] = result
            let isImplied = activation.flatMap { clamp in
                clamp.clampBounds.flatMap { graph[output].quantization?.implies($0, for: graph[output].type) }
            }
            if let activation, isImplied != true {
                let clamped = realResult(of: output)
                patch.addNode(Node(activation, inputs: [result], outputs: [clamped]), before: next)
                result = clamped
            }
            patch.addNode(Node(Quantize(), inputs: [result], outputs: [output]), before: next)
        }
        patch.updateNode(id, changed)
    }

    /// Whether the form has an operator for the node as it stands: one of ONNX's own, which every engine loads, or the one of
    /// onnxruntime's that it was read as.
    private func hasIntegerForm(_ node: Node) -> Bool {
        let encoder = NodeEncoder(node: node, graph: graph, version: OperatorSetConversion.axisOfQuantization)
        guard let found = OperatorTable.encode(encoder, preferring: nil) else { return false }
        // Only what was read as an integer operator has scales and zero points among its operands.
        return found.row.domain.isEmpty || !node.implicitInputs.isEmpty
    }

    private mutating func dequantized(_ id: ValueID, before node: NodeID) -> ValueID {
        if let known = real[id] { return known }
        let value = patch.addValue(
            Value(name: graph[id].name + "/real", type: .float32, shape: graph[id].shape))
        patch.addNode(Node(Dequantize(), inputs: [id], outputs: [value]), before: node)
        real[id] = value
        return value
    }

    private mutating func realResult(of id: ValueID) -> ValueID {
        patch.addValue(Value(name: graph[id].name + "/result", type: .float32, shape: graph[id].shape))
    }
}

extension Operation {
    private var activation: Activation {
        switch self {
        case let op as Convolution: op.activation
        case let op as Binary: op.activation
        case let op as Pool: op.activation
        case let op as Concatenation: op.activation
        case let op as FullyConnected: op.activation
        default: .none
        }
    }

    /// The operator's activation as an operator of its own; nil if it has none.
    fileprivate var clamp: Unary? {
        switch activation {
        case .none, .signBit: nil
        case .relu: Unary(.relu)
        case .reluN1To1: Unary(.reluN1To1)
        case .relu6: Unary(.relu6)
        case .tanh: Unary(.tanh)
        }
    }

    fileprivate var withoutActivation: any Operation {
        switch self {
        case var op as Convolution:
            op.activation = .none
            return op
        case var op as Binary:
            op.activation = .none
            return op
        case var op as Pool:
            op.activation = .none
            return op
        case var op as Concatenation:
            op.activation = .none
            return op
        default: return self
        }
    }
}
