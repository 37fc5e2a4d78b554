import ModelGraph
import Operators

/// Changes the types of a model's inputs and outputs between real numbers and 8-bit integers.
///
///     x → Quantize → x₈      ⟺   x₈                with another reader of x behind a Dequantize
///     y₈ → Dequantize → y    ⟺   y₈
///
/// The tensors at the border keep their identity and their name, so that signatures stay as they are.
struct InterfaceConversion {
    private let graph: Graph
    private let connections: GraphConnections
    private(set) var patch: GraphPatch
    private let outputs: [ValueID]

    init(_ graph: Graph) {
        self.graph = graph
        connections = GraphConnections(graph)
        patch = GraphPatch("convert an input or output", for: graph)
        outputs = graph.outputs
    }

    /// The patch that makes the first input or output int8 that is quantized right behind it, or dequantized right ahead
    /// of it; nil if there is none left.
    static func toIntegers(_ graph: Graph) -> GraphPatch? {
        next(graph, graph.inputs) { $0.makeInteger(input: $1) }
            ?? next(graph, graph.outputs) { $0.makeInteger(output: $1) }
    }

    /// The patch that makes the first quantized 8-bit input or output float32; nil if there is none left.
    static func toReals(_ graph: Graph) -> GraphPatch? {
        next(graph, graph.inputs.filter { !graph.outputs.contains($0) }) { $0.makeReal(input: $1) }
            ?? next(graph, graph.outputs.filter { !graph.inputs.contains($0) }) { $0.makeReal(output: $1) }
    }

    private static func next(
        _ graph: Graph, _ values: [ValueID], _ convert: (inout InterfaceConversion, ValueID) -> Void
    ) -> GraphPatch? {
        for value in values {
            var conversion = InterfaceConversion(graph)
            convert(&conversion, value)
            if !conversion.patch.isEmpty { return conversion.patch }
        }
        return nil
    }

    // MARK: To integers

    private mutating func makeInteger(input: ValueID) {
        let readers = connections.consumers(of: input)
        guard graph[input].type == .float32,
            let quantize = readers.first(where: { graph[$0].operation is Quantize && isInt8(graph[$0].outputs[0]) })
        else { return }
        let integer = graph[quantize].outputs[0]
        if readers.count > 1 || connections.isGraphOutput(input) {
            let real = patch.addValue(renamed(graph[input], graph[input].name + "_dequantized"))
            patch.replaceUses(of: input, with: real)
            patch.addNode(Node(Dequantize(), inputs: [input], outputs: [real]), before: graph.order.first)
        }
        retype(input, like: integer)
        patch.removeNode(quantize)
        patch.replaceUses(of: integer, with: input)
    }

    private mutating func makeInteger(output: ValueID) {
        guard graph[output].type == .float32, let producer = connections.producer(of: output),
            graph[producer].operation is Dequantize, case let integer?? = graph[producer].inputs.first,
            isInt8(integer), let writer = connections.producer(of: integer), !connections.isGraphOutput(integer)
        else { return }
        patch.removeNode(producer)
        let readers = connections.consumers(of: output)
        if !readers.isEmpty {
            let real = patch.addValue(renamed(graph[output], graph[output].name + "_dequantized"))
            redirect(output, to: real)
            patch.addNode(Node(Dequantize(), inputs: [output], outputs: [real]))
        }
        retype(output, like: integer)
        var node = graph[writer]
        node.outputs = node.outputs.map { $0 == integer ? output : $0 }
        patch.updateNode(writer, node)
        patch.replaceUses(of: integer, with: output)
    }

    // MARK: To reals

    private mutating func makeReal(input: ValueID) {
        guard isInt8(input) else { return }
        let integer = patch.addValue(renamed(graph[input], graph[input].name + "_int8"))
        patch.replaceUses(of: input, with: integer)
        retypeAsReal(input)
        patch.addNode(Node(Quantize(), inputs: [input], outputs: [integer]), before: graph.order.first)
    }

    private mutating func makeReal(output: ValueID) {
        guard isInt8(output), let writer = connections.producer(of: output) else { return }
        let integer = patch.addValue(renamed(graph[output], graph[output].name + "_int8"))
        var node = graph[writer]
        node.outputs = node.outputs.map { $0 == output ? integer : $0 }
        patch.updateNode(writer, node)
        redirect(output, to: integer)
        retypeAsReal(output)
        patch.addNode(Node(Dequantize(), inputs: [integer], outputs: [output]))
    }

    // MARK: Edits

    /// Every operator that reads the value reads another; the graph's outputs stay.
    private mutating func redirect(_ value: ValueID, to replacement: ValueID) {
        patch.replaceUses(of: value, with: replacement)
        patch.setInterface(inputs: graph.inputs, outputs: outputs)
    }

    private mutating func retype(_ value: ValueID, like integer: ValueID) {
        var changed = graph[value]
        (changed.type, changed.quantization) = (graph[integer].type, graph[integer].quantization)
        patch.updateValue(value, changed)
    }

    private mutating func retypeAsReal(_ value: ValueID) {
        var changed = graph[value]
        (changed.type, changed.quantization) = (.float32, nil)
        patch.updateValue(value, changed)
    }

    private func renamed(_ value: Value, _ name: String) -> Value {
        Value(name: name, type: value.type, shape: value.shape, quantization: value.quantization)
    }

    private func isInt8(_ value: ValueID) -> Bool {
        (graph[value].type == .int8 || graph[value].type == .uint8) && graph[value].quantization?.isPerTensor == true
    }
}
