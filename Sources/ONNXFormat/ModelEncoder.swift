import COnnx
import ModelGraph

/// Makes the ModelProto of a model: messages of the file for what was not changed, new ones for the rest.
final class ModelEncoder {
    let draft: Draft
    let source: ONNXSource?
    let graph: Graph
    /// The version of the ai.onnx operator set: the file's, or a newer one where the graph needs it.
    let version: Int
    /// The version that the file's nodes are of.
    private let sourceVersion: Int
    var names: NameTable
    /// Constants that the file does not have, with their names.
    private var added: [(name: String, value: Value)] = []
    /// The names of small ones among them, so that equal scales and zero points are stored once.
    private var addedNames: [ConstantKey: String] = [:]
    /// Domains of written operators besides ai.onnx.
    private var domains: Set<String> = []
    /// Values that nodes, subgraphs or the interface name.
    private var used: Set<ValueID> = []
    private let nodeBySource: [Int: NodeID]
    /// Data that messages point to.
    private var retained: [TensorData] = []

    /// The operator set of a model that does not come from an ONNX file.
    private static let defaultVersion = 17
    private static let defaultFileVersion: Int64 = 8

    init(_ model: Model) throws(ONNXError) {
        guard model.graphs.count == 1, let graph = model.graphs.first else {
            throw ONNXError(.unsupported, "a model with \(model.graphs.count) graphs cannot be written as ONNX")
        }
        draft = try Draft()
        source = model.source as? ONNXSource
        self.graph = graph
        sourceVersion = source.map { $0.operatorSets[""] ?? 1 } ?? ModelEncoder.defaultVersion
        version = max(sourceVersion, OperatorSetConversion.required(by: graph))
        names = NameTable(graph, source: source)
        var nodeBySource: [Int: NodeID] = [:]
        if let original = source?.original {
            for id in original.order { if let index = original[id].source?.index { nodeBySource[index] = id } }
        }
        self.nodeBySource = nodeBySource
    }

    func encode() throws(ONNXError) -> Message {
        let root: Message
        if let source {
            root = try draft.copy(of: source.root)
        } else {
            root = try draft.makeModel()
            try draft.set(ONNX_MODEL_IR_VERSION, of: root, to: ModelEncoder.defaultFileVersion)
            let operators = try draft.make(for: ONNX_MODEL_OPSET_IMPORT, of: root)
            try draft.set(ONNX_OPERATOR_SET_ID_DOMAIN, of: operators, to: "")
            try draft.set(ONNX_OPERATOR_SET_ID_VERSION, of: operators, to: Int64(version))
            try draft.set(ONNX_MODEL_OPSET_IMPORT, of: root, to: [operators])
        }
        let message = try draft.copy(of: source?.graphMessage, orMakeFor: ONNX_MODEL_GRAPH, of: root)
        if source?.original.name != graph.name { try draft.set(ONNX_GRAPH_NAME, of: message, to: graph.name) }
        used = Set(graph.outputs)
        let nodes = try nodes(message)
        try draft.set(ONNX_GRAPH_NODE, of: message, to: nodes)
        try setInitializers(of: message)
        try InterfaceEncoder(self, addedInitializers: added).encode(into: message)
        try draft.set(ONNX_MODEL_GRAPH, of: root, to: message)
        try setOperatorSets(of: root)
        return root
    }

    /// Declares the operator sets that the file does not have, and newer versions.
    private func setOperatorSets(of root: Message) throws(ONNXError) {
        let missing = domains.filter { source?.operatorSets[$0] == nil }.sorted()
        guard version != sourceVersion || !missing.isEmpty else { return }
        var sets: [Message] = []
        var hasOwn = false
        for entry in root.children(ONNX_MODEL_OPSET_IMPORT) {
            guard GraphReader.domain(entry.text(ONNX_OPERATOR_SET_ID_DOMAIN)).isEmpty else {
                sets.append(entry)
                continue
            }
            hasOwn = true
            let copy = try draft.copy(of: entry)
            try draft.set(ONNX_OPERATOR_SET_ID_VERSION, of: copy, to: Int64(version))
            sets.append(copy)
        }
        let added = (hasOwn ? [] : [("", version)]) + missing.map { ($0, 1) }
        for (domain, version) in added {
            let entry = try draft.make(for: ONNX_MODEL_OPSET_IMPORT, of: root)
            try draft.set(ONNX_OPERATOR_SET_ID_DOMAIN, of: entry, to: domain)
            try draft.set(ONNX_OPERATOR_SET_ID_VERSION, of: entry, to: Int64(version))
            sets.append(entry)
        }
        try draft.set(ONNX_MODEL_OPSET_IMPORT, of: root, to: sets)
    }

    /// Keeps data where it is until the encoder goes.
    ///
    /// The bytes of a constant lie in a mapped file, or in an array that nobody changes while it is retained here.
    func retain(_ data: TensorData) -> UnsafeRawBufferPointer {
        retained.append(data)
        return data.withUnsafeBytes { $0 }
    }

    // MARK: Nodes

    private struct Entry {
        var message: Message
        /// The node's place in the file.
        var place: Int?
        var reads: [ValueID]
    }

    private func nodes(_ message: Message) throws(ONNXError) -> [Message] {
        var entries: [Entry] = []
        for id in graph.order {
            do throws(ONNXError) {
                entries.append(try entry(id, graphMessage: message))
            } catch {
                var error = error
                error.location = graph.describe(id)
                throw error
            }
        }
        for copy in names.copies {
            let node = try draft.make(for: ONNX_GRAPH_NODE, of: message)
            try draft.set(ONNX_NODE_OP_TYPE, of: node, to: "Identity")
            try draft.set(ONNX_NODE_INPUT, of: node, to: [names[copy.value]])
            try draft.set(ONNX_NODE_OUTPUT, of: node, to: [copy.name])
            entries.append(Entry(message: node, place: nil, reads: [copy.value]))
        }
        for entry in entries { used.formUnion(entry.reads) }

        // Constant nodes go back to their places, but ahead of their first reader.
        var constants = try constantNodes()
        var messages: [Message] = []
        var next = 0
        let order = constants.map(\.key).sorted()
        let byValue = Dictionary(constants.map { ($0.value.id, $0.key) }, uniquingKeysWith: { first, _ in first })
        func emit(_ place: Int) {
            if let constant = constants.removeValue(forKey: place) { messages.append(constant.message) }
        }
        for entry in entries {
            if let place = entry.place {
                while next < order.count, order[next] < place {
                    emit(order[next])
                    next += 1
                }
            }
            for id in entry.reads { if let place = byValue[id] { emit(place) } }
            messages.append(entry.message)
        }
        for place in order { emit(place) }
        return messages
    }

    /// The Constant nodes that are still needed and say what they said in the file, by their places.
    private func constantNodes() throws(ONNXError) -> [Int: (id: ValueID, message: Message)] {
        guard let source else { return [:] }
        var constants: [Int: (id: ValueID, message: Message)] = [:]
        let formerlyUsed = ModelEncoder.used(in: source.original)
        for id in graph.valueIDs {
            guard case .constantNode(let place)? = source.origin(of: graph[id]), source.original.contains(id),
                source.hasSameContent(graph[id], source.original[id]), used.contains(id) || !formerlyUsed.contains(id),
                var message = source.graphMessage.child(ONNX_GRAPH_NODE, place)
            else { continue }
            if names[id] != source.original[id].name {
                message = try draft.copy(of: message)
                try draft.set(ONNX_NODE_OUTPUT, of: message, to: [names[id]])
            }
            constants[place] = (id, message)
        }
        return constants
    }

    private static func used(in graph: Graph) -> Set<ValueID> {
        graph.order.reduce(into: Set(graph.outputs)) { used, id in
            used.formUnion(graph[id].inputs.compactMap { $0 })
            used.formUnion(graph[id].implicitInputs)
        }
    }

    private func hasFormerName(_ id: ValueID) -> Bool {
        source?.original.contains(id) == true && source?.original[id].name == names[id]
    }

    private func entry(_ id: NodeID, graphMessage: Message) throws(ONNXError) -> Entry {
        let node = graph[id]
        let place = node.source.flatMap { $0.graph == 0 ? $0.index : nil }
        let template = place.flatMap { source?.graphMessage.child(ONNX_GRAPH_NODE, $0) }
        let former = place.flatMap { nodeBySource[$0] }.flatMap { source?.original[$0] }
        let isConverted = version != sourceVersion && template != nil && former != nil
        if let source, let template, !isConverted, source.isUnchanged(id, in: graph) {
            let operands = node.inputs.compactMap { $0 } + node.implicitInputs
            let reads = operands.filter { source.origin(of: graph[$0]) != .attribute }
            // An operand that stands for an attribute may have got another value.
            let isSame = operands.allSatisfy { operand in
                source.origin(of: graph[operand]) == .attribute
                    ? source.isUnchanged(operand, in: graph) : hasFormerName(operand)
            }
            let isDescribed =
                node.operation is OpaqueOperation
                || (operands + node.outputs).allSatisfy {
                    graph[$0].quantization == source.original[$0].quantization
                }
            if isSame, isDescribed, node.outputs.allSatisfy({ hasFormerName($0) }) {
                return Entry(message: template, place: place, reads: reads)
            }
        }
        let message = try draft.copy(of: template, orMakeFor: ONNX_GRAPH_NODE, of: graphMessage)
        var entry = Entry(message: message, place: template == nil ? nil : place, reads: node.implicitInputs)
        if node.operation is OpaqueOperation {
            try encodeOpaque(node, former: former, into: &entry)
        } else {
            try encodeKnown(node, former: former, into: &entry)
        }
        var outputs = node.outputs.map { names[$0] }
        while outputs.count > 1, outputs.last == "" { outputs.removeLast() }
        try draft.set(ONNX_NODE_OUTPUT, of: message, to: outputs)
        if let name = node.name, name != former?.name { try draft.set(ONNX_NODE_NAME, of: message, to: name) }
        return entry
    }

    private func encodeOpaque(_ node: Node, former: Node?, into entry: inout Entry) throws(ONNXError) {
        guard let former, former.operation is OpaqueOperation, former.operation.isEqual(to: node.operation),
            former.implicitInputs.count == node.implicitInputs.count
        else { throw ONNXError(.unsupported, "the operator \(node.operation.name) is not known in ONNX") }
        entry.reads += node.inputs.compactMap { $0 }
        var inputs = node.inputs.map { $0.map { names[$0] } ?? "" }
        if let movement = try OperatorSetConversion.movement(of: entry.message, from: sourceVersion, to: version) {
            for attribute in movement.attributes {
                let value = try OperatorSetConversion.operand(attribute, of: entry.message, movement)
                inputs.append(value.map { add($0) } ?? "")
            }
            let kept = entry.message.children(ONNX_NODE_ATTRIBUTE).filter {
                !movement.attributes.contains($0.text(ONNX_ATTRIBUTE_NAME))
            }
            try draft.set(ONNX_NODE_ATTRIBUTE, of: entry.message, to: kept)
            while inputs.last == "" { inputs.removeLast() }
        }
        try draft.set(ONNX_NODE_INPUT, of: entry.message, to: inputs)
        var renamed: [String: String] = [:]
        for (old, new) in zip(former.implicitInputs, node.implicitInputs) {
            guard let name = source?.original[old].name, name != names[new] else { continue }
            renamed[name] = names[new]
        }
        if !renamed.isEmpty { try Subgraphs.rename(renamed, in: entry.message, draft: draft) }
    }

    private func encodeKnown(_ node: Node, former: Node?, into entry: inout Entry) throws(ONNXError) {
        let message = entry.message
        let formerName =
            former == nil
            ? nil
            : OperatorRow.Name(
                type: message.text(ONNX_NODE_OP_TYPE), domain: GraphReader.domain(message.text(ONNX_NODE_DOMAIN)))
        guard
            let encoded = OperatorTable.encode(
                NodeEncoder(node: node, graph: graph, version: version), preferring: formerName)
        else {
            throw ONNXError(
                .unsupported,
                "\(node.operation.name) cannot be written in ONNX's operator set \(version) as it is here",
                remedy: "bring the model to operator set \(version) with the tool that made it")
        }
        entry.reads = []
        var inputs: [String] = []
        for input in encoded.node.inputs {
            switch input {
            case .value(let id):
                entry.reads.append(id)
                inputs.append(names[id])
            case .constant(let value): inputs.append(add(value))
            case nil: inputs.append("")
            }
        }
        // Optional operands at the end may be left out.
        while inputs.last == "" { inputs.removeLast() }
        try draft.set(ONNX_NODE_INPUT, of: message, to: inputs)
        if formerName == encoded.row.name, let former, let source, version == sourceVersion,
            !(former.operation is OpaqueOperation),
            let before = OperatorTable.encode(
                NodeEncoder(node: former, graph: source.original, version: version), preferring: formerName),
            before.row.name == encoded.row.name, before.node.attributes == encoded.node.attributes
        {
            return
        }
        try draft.set(ONNX_NODE_OP_TYPE, of: message, to: encoded.row.type)
        draft.clear(ONNX_NODE_DOMAIN, of: message)
        if !encoded.row.domain.isEmpty {
            try draft.set(ONNX_NODE_DOMAIN, of: message, to: encoded.row.domain)
            domains.insert(encoded.row.domain)
        }
        draft.clear(ONNX_NODE_OVERLOAD, of: message)
        var attributes: [Message] = []
        for (name, attribute) in encoded.node.attributes.sorted(by: { $0.key < $1.key }) {
            attributes.append(try make(attribute, named: name, of: message))
        }
        try draft.set(ONNX_NODE_ATTRIBUTE, of: message, to: attributes)
    }

    /// The name of a new initializer with this content.
    private func add(_ value: Value) -> String {
        let key = ConstantKey(value)
        if let key, let name = addedNames[key] { return name }
        let name = names.unique(value.name)
        added.append((name, value))
        if let key { addedNames[key] = name }
        return name
    }

    private struct ConstantKey: Hashable {
        var type: ElementType
        var shape: Shape?
        var bytes: [UInt8]

        /// nil for what is not worth comparing.
        init?(_ value: Value) {
            guard let constant = value.constant, constant.byteCount <= 4096 else { return nil }
            type = value.type
            shape = value.shape
            bytes = constant.withUnsafeBytes(Array.init)
        }
    }

    private func make(
        _ attribute: EncodedNode.Attribute, named name: String, of node: Message
    ) throws(ONNXError) -> Message {
        let message = try draft.make(for: ONNX_NODE_ATTRIBUTE, of: node)
        try draft.set(ONNX_ATTRIBUTE_NAME, of: message, to: name)
        let type: Int64
        switch attribute {
        case .float(let value):
            type = 1
            try draft.set(ONNX_ATTRIBUTE_F, of: message, to: value)
        case .int(let value):
            type = 2
            try draft.set(ONNX_ATTRIBUTE_I, of: message, to: Int64(value))
        case .string(let value):
            type = 3
            try draft.set(ONNX_ATTRIBUTE_S, of: message, to: value)
        case .tensor(let data, let elementType, let shape):
            type = 4
            let value = Value(name: name, type: elementType, shape: shape, constant: data)
            let tensor = try draft.make(for: ONNX_ATTRIBUTE_T, of: message)
            try TensorEncoder(self).fill(tensor, with: value)
            try draft.set(ONNX_ATTRIBUTE_T, of: message, to: tensor)
        case .ints(let values):
            type = 7
            try draft.set(ONNX_ATTRIBUTE_INTS, of: message, to: values.map(Int64.init))
        case .floats(let values):
            type = 6
            try draft.set(ONNX_ATTRIBUTE_FLOATS, of: message, to: values)
        }
        try draft.set(ONNX_ATTRIBUTE_TYPE, of: message, to: type)
        return message
    }

    // MARK: Initializers

    private func setInitializers(of message: Message) throws(ONNXError) {
        var tensors: [Message] = []
        var sparse: [Message] = []
        var isDone: Set<ValueID> = []
        let formerlyUsed = source.map { ModelEncoder.used(in: $0.original) } ?? []
        let tensorEncoder = TensorEncoder(self)
        if let source {
            for id in source.original.valueIDs where graph.contains(id) {
                let (value, former) = (graph[id], source.original[id])
                guard used.contains(id) || !formerlyUsed.contains(id), value.source == former.source else { continue }
                switch source.origin(of: value) {
                case .initializer(let index, _)?:
                    guard let template = source.graphMessage.child(ONNX_GRAPH_INITIALIZER, index), value.constant != nil
                    else { continue }
                    tensors.append(
                        try tensorEncoder.encode(value, named: names[id], former: former, template: template))
                case .sparseInitializer(let index, _)? where value.isSparse:
                    guard let template = source.graphMessage.child(ONNX_GRAPH_SPARSE_INITIALIZER, index) else {
                        continue
                    }
                    sparse.append(
                        try tensorEncoder.encodeSparse(value, named: names[id], former: former, template: template))
                case .constantNode?:
                    guard !source.hasSameContent(value, former) else {
                        isDone.insert(id)
                        continue
                    }
                    continue
                default: continue
                }
                isDone.insert(id)
            }
        }
        for id in graph.valueIDs where used.contains(id) && !isDone.contains(id) && graph[id].constant != nil {
            added.append((names[id], graph[id]))
        }
        for (name, value) in added { tensors.append(try tensorEncoder.encode(value, named: name, in: message)) }
        try draft.set(ONNX_GRAPH_INITIALIZER, of: message, to: tensors)
        try draft.set(ONNX_GRAPH_SPARSE_INITIALIZER, of: message, to: sparse)
    }
}
