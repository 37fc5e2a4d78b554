import COnnx
import ModelGraph

/// Builds a graph: the main one, or one that stands in an operator.
struct GraphReader {
    let source: ONNXSource
    var tensors: TensorReader
    private(set) var origins: [ONNXSource.Origin] = []
    private(set) var graph: Graph
    private var ids: [String: ValueID] = [:]
    private var declared: [String: DeclaredType] = [:]
    /// The model's functions, by domain, name and overload.
    let functions: [String: Message]
    private let parts: GraphParts
    /// How many graphs stand around this one.
    private let depth: Int
    let budget: NodeBudget
    /// The version of the ai.onnx operator set.
    var version: Int
    /// The functions inside which this graph stands: none may call itself.
    var callers: Set<String> = []
    /// Operands of a function that its call leaves out.
    var omitted: Set<String> = []

    init(_ source: ONNXSource, externalFiles: [String: MappedFile] = [:]) throws(ONNXError) {
        self.source = source
        tensors = TensorReader(file: source.file, externalFiles: externalFiles)
        parts = try GraphParts(graph: source.graphMessage)
        graph = Graph(name: parts.name, sourceIndex: 0)
        depth = 0
        budget = NodeBudget()
        version = source.operatorSets[""] ?? 1
        var functions: [String: Message] = [:]
        for function in source.root.children(ONNX_MODEL_FUNCTIONS) {
            let domain = GraphReader.domain(function.text(ONNX_FUNCTION_DOMAIN))
            let overload = function.text(ONNX_FUNCTION_OVERLOAD)
            functions["\(domain):\(function.text(ONNX_FUNCTION_NAME)):\(overload)"] = function
        }
        self.functions = functions
    }

    private init(_ parts: GraphParts, inside outer: GraphReader) {
        source = outer.source
        tensors = outer.tensors
        self.parts = parts
        graph = Graph(name: parts.name)
        depth = outer.depth + 1
        version = outer.version
        functions = outer.functions
        callers = outer.callers
        budget = outer.budget
    }

    /// A reader of a graph that stands in a node of this one.
    func inner(_ parts: GraphParts) throws(ONNXError) -> GraphReader {
        guard depth < GraphReader.depthLimit, budget.take(parts.entryCount) else {
            throw ONNXError(.unsupported, "graphs and functions stand inside each other too deep")
        }
        return GraphReader(parts, inside: self)
    }

    /// Takes over a value of the graph around this one.
    /// - Returns: what stands for it if it has to be fed; nil for a constant.
    mutating func adopt(_ outer: Value, as name: String) -> ValueID? {
        var value = outer
        value.name = name
        let id = add(value, origin: .input)
        ids[name] = id
        return outer.facts.constant == nil ? id : nil
    }

    /// - Parameter taken: values of the graph around this one, which are inputs behind all others.
    mutating func read(also taken: [ValueID] = []) throws(ONNXError) -> Graph {
        for info in parts.infos { declared[info.text(ONNX_VALUE_INFO_NAME)] = DeclaredType(info) }
        let inputNames = try inputNames()
        try addInitializers(inputs: Set(inputNames), trained: depth == 0 ? trainedNames() : [])
        var inputs: [ValueID] = []
        for name in inputNames where ids[name] == nil { inputs.append(try define(name, origin: .input)) }
        let nodes = try addResults()
        for (index, message) in nodes { try addNode(message, index: index) }
        graph.setInterface(inputs: inputs + taken, outputs: try outputs())
        do throws(GraphError) {
            // An empty patch: puts the nodes into running order if the file has them in another, and validates.
            return try graph.applying(GraphPatch("read", for: graph))
        } catch {
            throw ONNXError(.malformed, "the graph is not valid", cause: error)
        }
    }

    static func domain(_ name: String) -> String { name == "ai.onnx" ? "" : name }

    private func inputNames() throws(ONNXError) -> [String] {
        var names: [String] = []
        var seen: Set<String> = []
        for name in parts.inputs {
            guard !name.isEmpty else { throw ONNXError(.malformed, "a graph input has no name") }
            guard seen.insert(name).inserted else {
                throw ONNXError(.malformed, "two graph inputs are named '\(name)'")
            }
            names.append(name)
        }
        return names
    }

    /// The tensors that training writes to.
    private func trainedNames() -> Set<String> {
        var names: Set<String> = []
        for info in source.root.children(ONNX_MODEL_TRAINING_INFO) {
            let bindings =
                info.children(ONNX_TRAINING_INFO_INITIALIZATION_BINDING)
                + info.children(ONNX_TRAINING_INFO_UPDATE_BINDING)
            for binding in bindings { names.insert(binding.text(ONNX_STRING_STRING_ENTRY_KEY)) }
        }
        return names
    }

    private mutating func add(_ value: Value, origin: ONNXSource.Origin) -> ValueID {
        var value = value
        value.source = SourceReference(graph: 0, index: origins.count)
        origins.append(origin)
        return graph.addValue(value)
    }

    private mutating func define(_ name: String, origin: ONNXSource.Origin) throws(ONNXError) -> ValueID {
        let type = declared[name] ?? .unknown
        return try define(Value(name: name, type: type.type, shape: type.shape), origin: origin)
    }

    private mutating func define(_ value: Value, origin: ONNXSource.Origin) throws(ONNXError) -> ValueID {
        guard ids[value.name] == nil else {
            throw ONNXError(.malformed, "two tensors are named '\(value.name)'")
        }
        let id = add(value, origin: origin)
        ids[value.name] = id
        return id
    }

    private mutating func addInitializers(inputs: Set<String>, trained: Set<String>) throws(ONNXError) {
        for (index, message) in parts.initializers.enumerated() {
            let name = try message.name(ONNX_TENSOR_NAME)
            guard !name.isEmpty else { throw ONNXError(.malformed, "initializer \(index) has no name") }
            let tensor = try read(message, name: name)
            var value = tensor.value(named: name)
            value.isVariable = trained.contains(name)
            _ = try define(value, origin: .initializer(index, isInput: inputs.contains(name)))
        }
        for (index, message) in parts.sparseInitializers.enumerated() {
            guard let values = message.child(ONNX_SPARSE_TENSOR_VALUES) else {
                throw ONNXError(.malformed, "sparse initializer \(index) has no values")
            }
            let name = try values.name(ONNX_TENSOR_NAME)
            guard !name.isEmpty else { throw ONNXError(.malformed, "sparse initializer \(index) has no name") }
            let value = try sparse(message, values: values, name: name)
            _ = try define(value, origin: .sparseInitializer(index, isInput: inputs.contains(name)))
        }
    }

    private mutating func read(_ message: Message, name: String) throws(ONNXError) -> TensorReader.Tensor {
        do throws(ONNXError) {
            return try tensors.read(message)
        } catch {
            var error = error
            error.location = "tensor '\(name)'" + (error.location.map { ", \($0)" } ?? "")
            throw error
        }
    }

    /// The values as they are; the places stay in the message.
    private mutating func sparse(_ message: Message, values: Message, name: String) throws(ONNXError) -> Value {
        let tensor = try read(values, name: name)
        if let places = message.child(ONNX_SPARSE_TENSOR_INDICES) { _ = try read(places, name: name) }
        let sizes = try TensorReader.extents(message.integers(ONNX_SPARSE_TENSOR_DIMS))
        return Value(name: name, type: tensor.type, shape: Shape(sizes), constant: tensor.data, isSparse: true)
    }

    /// Defines what nodes compute, and the constants that nodes stand for.
    ///
    /// - Returns: the other nodes, with their place in the file.
    private mutating func addResults() throws(ONNXError) -> [(Int, Message)] {
        var nodes: [(Int, Message)] = []
        for (index, node) in parts.nodes.enumerated() {
            guard node.has(ONNX_NODE_OP_TYPE) else { throw ONNXError(.malformed, "operator \(index) has no type") }
            if let value = try constant(node) {
                _ = try define(value, origin: .constantNode(index))
                continue
            }
            nodes.append((index, node))
            for name in try node.names(ONNX_NODE_OUTPUT) where !name.isEmpty {
                guard ids[name] == nil else {
                    throw ONNXError(.malformed, "'\(name)' is defined twice", at: "operator \(index)")
                }
                _ = try define(name, origin: .nodeOutput)
            }
        }
        return nodes
    }

    /// The value of a Constant node; nil for other nodes, and for constants that are kept as they are.
    private mutating func constant(_ node: Message) throws(ONNXError) -> Value? {
        let domain = GraphReader.domain(node.text(ONNX_NODE_DOMAIN))
        guard node.isNamed("Constant", ONNX_NODE_OP_TYPE), domain.isEmpty, functions[":Constant:"] == nil,
            node.count(ONNX_NODE_INPUT) == 0, node.count(ONNX_NODE_OUTPUT) == 1,
            node.count(ONNX_NODE_ATTRIBUTE) == 1, let attribute = node.child(ONNX_NODE_ATTRIBUTE),
            !attribute.has(ONNX_ATTRIBUTE_REF_ATTR_NAME)
        else { return nil }
        let name = try node.name(ONNX_NODE_OUTPUT)
        if name.isEmpty { return nil }
        func vector<Element: BitwiseCopyable>(_ elements: [Element], _ type: ElementType, _ shape: Shape) -> Value {
            Value(name: name, type: type, shape: shape, constant: TensorData(elements))
        }
        switch attribute.text(ONNX_ATTRIBUTE_NAME) {
        case "value":
            guard let tensor = attribute.child(ONNX_ATTRIBUTE_T) else { return nil }
            return try read(tensor, name: name).value(named: name)
        case "value_int": return vector([attribute.integer(ONNX_ATTRIBUTE_I)], .int64, [])
        case "value_float": return vector([Float(attribute.real(ONNX_ATTRIBUTE_F))], .float32, [])
        case "value_ints":
            let values = attribute.integers(ONNX_ATTRIBUTE_INTS)
            return vector(values, .int64, [values.count])
        case "value_floats":
            let values = (0..<attribute.count(ONNX_ATTRIBUTE_FLOATS)).map {
                Float(attribute.real(ONNX_ATTRIBUTE_FLOATS, $0))
            }
            return vector(values, .float32, [values.count])
        default: return nil
        }
    }

    private func outputs() throws(ONNXError) -> [ValueID] {
        var outputs: [ValueID] = []
        for name in parts.outputs {
            guard let id = ids[name] else {
                throw ONNXError(.malformed, "the graph's output '\(name)' is not defined by any operator")
            }
            outputs.append(id)
        }
        return outputs
    }

    private mutating func addNode(_ message: Message, index: Int) throws(ONNXError) {
        let type = try message.name(ONNX_NODE_OP_TYPE)
        let domain = GraphReader.domain(message.text(ONNX_NODE_DOMAIN))
        let place = "operator \(index) (\(type))"
        var inputs: [ValueID?] = []
        for name in try message.names(ONNX_NODE_INPUT) {
            if !name.isEmpty, ids[name] == nil, !omitted.contains(name) {
                throw ONNXError(
                    .malformed, "the input '\(name)' is not defined by an operator, an initializer or a graph input",
                    at: place)
            }
            inputs.append(ids[name])
        }
        var outputs: [ValueID] = []
        for name in try message.names(ONNX_NODE_OUTPUT) {
            outputs.append(
                ids[name] ?? add(Value(name: "", type: .variant, shape: nil), origin: .omitted))
        }
        var captured: [ValueID] = []
        for name in Subgraphs.capturedNames(of: message) {
            guard let id = ids[name] else {
                throw ONNXError(.malformed, "a subgraph reads '\(name)', which is not defined around it", at: place)
            }
            captured.append(id)
        }
        let calls = !Subgraphs.of(message).isEmpty
        var node = Node(
            OpaqueOperation(name: domain.isEmpty ? type : "\(domain):\(type)", callsSubgraphs: calls), inputs: inputs,
            outputs: outputs, implicitInputs: captured,
            name: message.has(ONNX_NODE_NAME) ? message.text(ONNX_NODE_NAME) : nil,
            source: SourceReference(graph: 0, index: index))
        if !calls, functions["\(domain):\(type):"] == nil, !message.has(ONNX_NODE_OVERLOAD),
            let row = OperatorTable.row(named: type, domain: domain)
        {
            decode(message, row: row, into: &node)
        }
        if node.operation is OpaqueOperation {
            node.operation = OpaqueOperation(
                name: domain.isEmpty ? type : "\(domain):\(type)", callsSubgraphs: calls,
                hosted: hosted(message, type: type, domain: domain, node: node))
        }
        graph.addNode(node)
        inferOutputs(of: node)
    }

    /// Turns the node into one of an operator that we know, where it fits exactly.
    private mutating func decode(_ message: Message, row: OperatorRow, into node: inout Node) {
        do throws(Misfit) {
            let (decoded, quantized) = try decoded(message, row: row, node)
            guard let decoded else { return }
            for (id, quantization) in quantized {
                guard graph[id].quantization == nil || graph[id].quantization == quantization else { return }
            }
            for (id, quantization) in quantized { graph[id].quantization = quantization }
            if let type = decoded.resultType, let result = node.outputs.first, graph[result].type == .variant {
                graph[result].type = type
            }
            node.operation = decoded.operation
            node.implicitInputs = decoded.implicit
            node.inputs = decoded.operands.map { operand in
                switch operand {
                case .value(let id): id
                case .constant(let value): add(value, origin: .attribute)
                case nil: nil
                }
            }
        } catch {
            return
        }
    }

    /// What the row makes of the node, nil if it leaves attributes unread; and how the node quantizes tensors.
    ///
    /// The node's reader and its hold on the graph end here: while there is one, each change would copy the graph.
    private func decoded(
        _ message: Message, row: OperatorRow, _ node: Node
    ) throws(Misfit) -> (DecodedNode?, [(ValueID, Quantization)]) {
        var reader = NodeReader(message, node: node, graph: graph, version: version, tensors: tensors)
        let decoded = try row.decode(&reader)
        return (reader.hasReadAllAttributes ? decoded : nil, reader.quantized)
    }

    /// Completes what the file does not say of the node's results.
    private mutating func inferOutputs(of node: Node) {
        let isComplete = node.outputs.allSatisfy { graph[$0].shape?.sizes != nil && graph[$0].type != .variant }
        if isComplete { return }
        let facts = node.inputs.map { $0.map { graph[$0].facts } }
        guard facts.allSatisfy({ $0?.type != .variant }),
            let results = try? node.operation.inferOutputs(from: facts)
        else { return }
        for (id, result) in zip(node.outputs, results) {
            if graph[id].type == .variant { graph[id].type = result.type }
            if graph[id].shape == nil { graph[id].shape = result.shape }
        }
    }
}

/// How many nodes, and tensors that the file tells of, all graphs inside others may have: functions that call each other
/// twice would have no end.
final class NodeBudget {
    private var left = 1 << 18

    /// Whether nothing more is to be read.
    var isSpent: Bool { left <= 0 }

    /// - Returns: whether there is enough left; if not, nothing is from then on.
    func take(_ count: Int) -> Bool {
        guard count <= left else {
            left = 0
            return false
        }
        // A graph takes as much time as several nodes.
        left -= count + 15
        return true
    }
}

extension TensorReader.Tensor {
    func value(named name: String) -> Value {
        Value(name: name, type: type, shape: shape, constant: data, isSparse: isEncoded)
    }
}
