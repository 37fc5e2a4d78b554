import COnnx
import ModelGraph

/// Writes what a graph says of its values: inputs, outputs, types and quantization annotations.
struct InterfaceEncoder {
    private let encoder: ModelEncoder
    private let addedInitializers: [(name: String, value: Value)]
    private var draft: Draft { encoder.draft }
    private var graph: Graph { encoder.graph }

    /// The first version in which initializers need not be graph inputs as well.
    private static let freeInitializers: Int64 = 4

    init(_ encoder: ModelEncoder, addedInitializers: [(name: String, value: Value)]) {
        self.encoder = encoder
        self.addedInitializers = addedInitializers
    }

    func encode(into message: Message) throws(ONNXError) {
        guard let source = encoder.source else {
            var inputs: [Message] = []
            for id in graph.inputs {
                inputs.append(try make(graph[id], named: encoder.names[id], for: ONNX_GRAPH_INPUT, of: message))
            }
            try draft.set(ONNX_GRAPH_INPUT, of: message, to: inputs)
            return try setOutputs(of: message, source: nil)
        }
        var former: [String: ValueID] = [:]
        for id in source.original.valueIDs where source.origin(of: source.original[id]) != .attribute {
            former[source.original[id].name] = id
        }
        former[""] = nil
        try setInputs(of: message, source: source, former: former)
        try setOutputs(of: message, source: source)
        try setTypes(of: message, source: source, former: former)
        var annotations: [Message] = []
        for annotation in source.graphMessage.children(ONNX_GRAPH_QUANTIZATION_ANNOTATION) {
            let id = former[annotation.text(ONNX_TENSOR_ANNOTATION_TENSOR_NAME)]
            guard let id else {
                annotations.append(annotation)
                continue
            }
            guard graph.contains(id) else { continue }
            let copy = try draft.copy(of: annotation)
            try draft.set(ONNX_TENSOR_ANNOTATION_TENSOR_NAME, of: copy, to: encoder.names[id])
            annotations.append(copy)
        }
        try draft.set(ONNX_GRAPH_QUANTIZATION_ANNOTATION, of: message, to: annotations)
    }

    private func setInputs(of message: Message, source: ONNXSource, former: [String: ValueID]) throws(ONNXError) {
        var written = Set(message.children(ONNX_GRAPH_INITIALIZER).map { $0.text(ONNX_TENSOR_NAME) })
        for sparse in message.children(ONNX_GRAPH_SPARSE_INITIALIZER) {
            if let values = sparse.child(ONNX_SPARSE_TENSOR_VALUES) { written.insert(values.text(ONNX_TENSOR_NAME)) }
        }
        let isSameInterface = graph.inputs == source.original.inputs
        var infos: [Message] = []
        var infoByID: [ValueID: Message] = [:]
        var overridable: [Message] = []
        for info in source.graphMessage.children(ONNX_GRAPH_INPUT) {
            guard let id = former[info.text(ONNX_VALUE_INFO_NAME)] else { continue }
            switch source.origin(of: source.original[id]) {
            case .initializer?, .sparseInitializer?:
                guard graph.contains(id), written.contains(encoder.names[id]) else { continue }
                let kept = try updated(info, id: id, name: encoder.names[id], source: source)
                if isSameInterface { infos.append(kept) } else { overridable.append(kept) }
            default:
                guard graph.contains(id) else { continue }
                let kept = try updated(info, id: id, name: encoder.names[id], source: source)
                infoByID[id] = kept
                if isSameInterface { infos.append(kept) }
            }
        }
        if !isSameInterface {
            for id in graph.inputs {
                if let info = infoByID[id] {
                    infos.append(info)
                } else {
                    infos.append(try make(graph[id], named: encoder.names[id], for: ONNX_GRAPH_INPUT, of: message))
                }
            }
            infos += overridable
        }
        if source.root.integer(ONNX_MODEL_IR_VERSION) < InterfaceEncoder.freeInitializers {
            for (name, value) in addedInitializers {
                infos.append(try make(value, named: name, for: ONNX_GRAPH_INPUT, of: message))
            }
        }
        try draft.set(ONNX_GRAPH_INPUT, of: message, to: infos)
    }

    private func setOutputs(of message: Message, source: ONNXSource?) throws(ONNXError) {
        var infos: [Message] = []
        for (index, id) in graph.outputs.enumerated() {
            let name = encoder.names.outputNames[index]
            if let source, graph.outputs.count == source.original.outputs.count,
                let info = source.graphMessage.child(ONNX_GRAPH_OUTPUT, index)
            {
                let former = source.original.outputs[index]
                infos.append(try updated(info, id: id, name: name, source: source, former: former))
            } else {
                infos.append(try make(graph[id], named: name, for: ONNX_GRAPH_OUTPUT, of: message))
            }
        }
        try draft.set(ONNX_GRAPH_OUTPUT, of: message, to: infos)
    }

    /// Types of values that were removed go, those of names that the graph does not have stay.
    private func setTypes(of message: Message, source: ONNXSource, former: [String: ValueID]) throws(ONNXError) {
        var infos: [Message] = []
        for info in source.graphMessage.children(ONNX_GRAPH_VALUE_INFO) {
            guard let id = former[info.text(ONNX_VALUE_INFO_NAME)] else {
                infos.append(info)
                continue
            }
            guard graph.contains(id) else { continue }
            let name = encoder.names[id]
            // A value that has become a graph output is declared there.
            if !info.isNamed(name, ONNX_VALUE_INFO_NAME), encoder.names.outputNames.contains(name) { continue }
            infos.append(try updated(info, id: id, name: name, source: source))
        }
        try draft.set(ONNX_GRAPH_VALUE_INFO, of: message, to: infos)
    }

    /// The file's declaration, changed where the value is another one now.
    private func updated(
        _ info: Message, id: ValueID, name: String, source: ONNXSource, former: ValueID? = nil
    ) throws(ONNXError) -> Message {
        let value = graph[id]
        let before = source.original[former ?? id]
        let isSameType = value.type == before.type && value.shape == before.shape
        if isSameType, info.isNamed(name, ONNX_VALUE_INFO_NAME) { return info }
        let copy = try draft.copy(of: info)
        try draft.set(ONNX_VALUE_INFO_NAME, of: copy, to: name)
        if !isSameType { try setType(of: copy, to: value) }
        return copy
    }

    private func make(
        _ value: Value, named name: String, for field: Field, of graph: Message
    ) throws(ONNXError) -> Message {
        let info = try draft.make(for: field, of: graph)
        try draft.set(ONNX_VALUE_INFO_NAME, of: info, to: name)
        try setType(of: info, to: value)
        return info
    }

    /// Declares the value's type; nothing is changed if it is not known.
    private func setType(of info: Message, to value: Value) throws(ONNXError) {
        guard let number = value.type.dataType else { return }
        let former = info.child(ONNX_VALUE_INFO_TYPE)
        let type = try draft.copy(of: former, orMakeFor: ONNX_VALUE_INFO_TYPE, of: info)
        let tensor = try draft.copy(
            of: former?.child(ONNX_TYPE_TENSOR_TYPE), orMakeFor: ONNX_TYPE_TENSOR_TYPE, of: type)
        try draft.set(ONNX_TYPE_TENSOR_ELEM_TYPE, of: tensor, to: number)
        if let dimensions = value.shape?.dimensions {
            let shape = try draft.make(for: ONNX_TYPE_TENSOR_SHAPE, of: tensor)
            var extents: [Message] = []
            for dimension in dimensions {
                let extent = try draft.make(for: ONNX_TENSOR_SHAPE_DIM, of: shape)
                switch dimension {
                case .fixed(let size): try draft.set(ONNX_TENSOR_SHAPE_DIMENSION_DIM_VALUE, of: extent, to: Int64(size))
                case .dynamic(let symbol?, _):
                    try draft.set(ONNX_TENSOR_SHAPE_DIMENSION_DIM_PARAM, of: extent, to: symbol)
                case .dynamic(nil, _): break
                }
                extents.append(extent)
            }
            try draft.set(ONNX_TENSOR_SHAPE_DIM, of: shape, to: extents)
            try draft.set(ONNX_TYPE_TENSOR_SHAPE, of: tensor, to: shape)
        } else {
            draft.clear(ONNX_TYPE_TENSOR_SHAPE, of: tensor)
        }
        try draft.set(ONNX_TYPE_TENSOR_TYPE, of: type, to: tensor)
        try draft.set(ONNX_VALUE_INFO_TYPE, of: info, to: type)
    }
}
