import COnnx
import ModelGraph

/// The node says something that the operator's struct cannot hold: it stays opaque.
struct Misfit: Error {}

/// What a node is in the graph.
struct DecodedNode {
    enum Operand {
        case value(ValueID)
        /// An attribute of the file that is an operand in the graph.
        case constant(Value)
    }

    var operation: any Operation
    var operands: [Operand?]
    /// Operands of the file that are attributes in the graph.
    var implicit: [ValueID] = []
    /// The type of the result, where the operands tell it.
    var resultType: ElementType?
}

/// Reads a NodeProto for the row of its operator, and notes which attributes were read.
struct NodeReader {
    let inputs: [ValueID?]
    let outputs: [ValueID]
    /// The version of the ai.onnx operator set.
    let version: Int
    private let graph: Graph
    private let name: String
    private let attributes: [String: Message]
    private let attributeCount: Int
    private let tensors: TensorReader
    private var read: Set<String> = []
    /// Values that stand for real numbers by what the node says.
    private(set) var quantized: [(ValueID, Quantization)] = []

    init(_ message: Message, node: Node, graph: Graph, version: Int, tensors: TensorReader) {
        self.tensors = tensors
        inputs = node.inputs
        outputs = node.outputs
        self.graph = graph
        self.version = version
        name = node.outputs.first.map { graph[$0].name } ?? node.name ?? ""
        let all = message.children(ONNX_NODE_ATTRIBUTE)
        attributeCount = all.count
        attributes = Dictionary(all.map { ($0.text(ONNX_ATTRIBUTE_NAME), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// False also if two attributes have the same name.
    var hasReadAllAttributes: Bool { attributes.count == attributeCount && read.count == attributes.count }

    // MARK: Attributes

    /// AttributeProto.AttributeType's numbers.
    private enum Kind: Int64 { case float = 1, int, string, tensor, graph, floats, ints, strings }

    private mutating func attribute(_ name: String, _ kind: Kind, _ field: Field) throws(Misfit) -> Message? {
        guard let attribute = attributes[name] else { return nil }
        let type = attribute.integer(ONNX_ATTRIBUTE_TYPE)
        // Files of the first version have no types.
        guard type == kind.rawValue || (type == 0 && attribute.has(field)), !attribute.has(ONNX_ATTRIBUTE_REF_ATTR_NAME)
        else { throw Misfit() }
        read.insert(name)
        return attribute
    }

    mutating func int(_ name: String) throws(Misfit) -> Int? {
        try attribute(name, .int, ONNX_ATTRIBUTE_I).map { Int($0.integer(ONNX_ATTRIBUTE_I)) }
    }

    mutating func float(_ name: String) throws(Misfit) -> Float? {
        try attribute(name, .float, ONNX_ATTRIBUTE_F).map { Float($0.real(ONNX_ATTRIBUTE_F)) }
    }

    mutating func string(_ name: String) throws(Misfit) -> String? {
        try attribute(name, .string, ONNX_ATTRIBUTE_S).map { $0.text(ONNX_ATTRIBUTE_S) }
    }

    mutating func ints(_ name: String) throws(Misfit) -> [Int]? {
        try attribute(name, .ints, ONNX_ATTRIBUTE_INTS).map { $0.integers(ONNX_ATTRIBUTE_INTS).map(Int.init) }
    }

    mutating func tensor(_ name: String) throws(Misfit) -> Value? {
        guard let message = try attribute(name, .tensor, ONNX_ATTRIBUTE_T)?.child(ONNX_ATTRIBUTE_T) else { return nil }
        var reader = tensors
        guard let tensor = try? reader.read(message), !tensor.isEncoded else { throw Misfit() }
        return tensor.value(named: "\(self.name)/\(name)")
    }

    mutating func floats(_ name: String) throws(Misfit) -> [Float]? {
        try attribute(name, .floats, ONNX_ATTRIBUTE_FLOATS).map { message in
            (0..<message.count(ONNX_ATTRIBUTE_FLOATS)).map { Float(message.real(ONNX_ATTRIBUTE_FLOATS, $0)) }
        }
    }

    mutating func strings(_ name: String) throws(Misfit) -> [String]? {
        try attribute(name, .strings, ONNX_ATTRIBUTE_STRINGS).map { message in
            (0..<message.count(ONNX_ATTRIBUTE_STRINGS)).map { message.text(ONNX_ATTRIBUTE_STRINGS, $0) }
        }
    }

    /// Reads an attribute that may only have this value.
    mutating func require(_ name: String, is value: Int) throws(Misfit) {
        guard try int(name) ?? value == value else { throw Misfit() }
    }

    // MARK: Operands

    /// Checks that there are as many operands, and one result, or up to `results`.
    func requireInputs(_ range: ClosedRange<Int>, results: Int = 1) throws(Misfit) {
        guard range.contains(inputs.count), inputs.prefix(range.lowerBound).allSatisfy({ $0 != nil }),
            outputs.first.map({ graph[$0].name.isEmpty }) == false,
            outputs.dropFirst(results).allSatisfy({ graph[$0].name.isEmpty })
        else { throw Misfit() }
    }

    /// Whether the node names its result `index`.
    func gives(_ index: Int) -> Bool { outputs.indices.contains(index) && !graph[outputs[index]].name.isEmpty }

    func operand(_ index: Int) -> DecodedNode.Operand? {
        inputs.indices.contains(index) ? inputs[index].map(DecodedNode.Operand.value) : nil
    }

    var operands: [DecodedNode.Operand?] { inputs.map { $0.map(DecodedNode.Operand.value) } }

    func has(_ index: Int) -> Bool { inputs.indices.contains(index) && inputs[index] != nil }

    func value(_ index: Int) -> Value? { has(index) ? inputs[index].map { graph[$0] } : nil }

    /// Whether nobody can feed another value.
    func isConstant(_ id: ValueID) -> Bool { graph[id].facts.constant != nil }

    /// Whether the file has a name for a result.
    func isNamed(_ id: ValueID) -> Bool { !graph[id].name.isEmpty }

    var result: Value? { outputs.first.map { graph[$0] } }

    /// The rank of an operand, if anything tells it.
    func rank(_ index: Int) throws(Misfit) -> Int {
        guard let rank = value(index)?.shape?.rank else { throw Misfit() }
        return rank
    }

    /// The operands from `index` on, as implicit ones.
    func implicit(from index: Int) -> [ValueID] { inputs.dropFirst(index).compactMap { $0 } }

    /// The elements of a constant int64 or int32 operand that nobody can feed another value for.
    func constantInts(_ index: Int) throws(Misfit) -> [Int] {
        guard let value = value(index), let constant = value.facts.constant else { throw Misfit() }
        switch value.type {
        case .int64: return constant.elements(as: Int64.self).map(Int.init)
        case .int32: return constant.elements(as: Int32.self).map(Int.init)
        default: throw Misfit()
        }
    }

    /// The elements of a constant float operand.
    func constantFloats(_ index: Int) throws(Misfit) -> [Float] {
        guard let value = value(index), value.type == .float32, let constant = value.facts.constant else {
            throw Misfit()
        }
        return constant.elements()
    }

    /// The elements of a constant operand of any integer type of up to 32 bits.
    func constantZeroPoints(_ index: Int) throws(Misfit) -> [Int64] {
        guard let value = value(index), let constant = value.facts.constant else { throw Misfit() }
        switch value.type {
        case .int8: return constant.elements(as: Int8.self).map(Int64.init)
        case .uint8: return constant.elements(as: UInt8.self).map(Int64.init)
        case .int16: return constant.elements(as: Int16.self).map(Int64.init)
        case .uint16: return constant.elements(as: UInt16.self).map(Int64.init)
        case .int32: return constant.elements(as: Int32.self).map(Int64.init)
        default: throw Misfit()
        }
    }

    /// An attribute as an operand.
    func constant(_ part: String, _ elements: [Int], _ shape: Shape) -> DecodedNode.Operand {
        .constant(
            Value(name: "\(name)/\(part)", type: .int64, shape: shape, constant: TensorData(elements.map(Int64.init))))
    }

    func constant(_ part: String, _ element: Float) -> DecodedNode.Operand {
        .constant(Value(name: "\(name)/\(part)", type: .float32, shape: [], constant: TensorData([element])))
    }

    mutating func note(_ quantization: Quantization, of id: ValueID) { quantized.append((id, quantization)) }
}
