import COnnx
import ModelGraph

/// What a graph is read from: a GraphProto, or a function of the model.
struct GraphParts {
    var name = ""
    var nodes: [Message] = []
    var inputs: [String] = []
    var outputs: [String] = []
    /// ValueInfoProtos, the more telling ones last.
    var infos: [Message] = []
    var initializers: [Message] = []
    var sparseInitializers: [Message] = []

    /// What reading the graph takes time for.
    var entryCount: Int { nodes.count + infos.count + initializers.count + sparseInitializers.count }

    init(graph: Message) throws(ONNXError) {
        name = graph.text(ONNX_GRAPH_NAME)
        nodes = graph.children(ONNX_GRAPH_NODE)
        let (inputs, outputs) = (graph.children(ONNX_GRAPH_INPUT), graph.children(ONNX_GRAPH_OUTPUT))
        for info in inputs { self.inputs.append(try info.name(ONNX_VALUE_INFO_NAME)) }
        for info in outputs { self.outputs.append(try info.name(ONNX_VALUE_INFO_NAME)) }
        infos = graph.children(ONNX_GRAPH_VALUE_INFO) + outputs + inputs
        initializers = graph.children(ONNX_GRAPH_INITIALIZER)
        sparseInitializers = graph.children(ONNX_GRAPH_SPARSE_INITIALIZER)
    }

    /// - Parameters:
    ///   - call: the node that calls the function, whose attributes it takes.
    ///   - draft: holds the nodes, which differ from the function's own in the attributes that refer to the call's.
    init(function: Message, call: Message, draft: Draft) throws(ONNXError) {
        name = function.text(ONNX_FUNCTION_NAME)
        inputs = try function.names(ONNX_FUNCTION_INPUT)
        outputs = try function.names(ONNX_FUNCTION_OUTPUT)
        infos = function.children(ONNX_FUNCTION_VALUE_INFO)
        var given: [String: Message] = [:]
        let defaults = function.children(ONNX_FUNCTION_ATTRIBUTE_PROTO)
        for attribute in defaults + call.children(ONNX_NODE_ATTRIBUTE) {
            given[attribute.text(ONNX_ATTRIBUTE_NAME)] = attribute
        }
        for node in function.children(ONNX_FUNCTION_NODE) {
            nodes.append(try Self.node(node, given: given, draft: draft))
        }
    }

    /// The node with the attributes that it refers to; those that nobody gives are left out.
    private static func node(
        _ node: Message, given: [String: Message], draft: Draft
    ) throws(ONNXError) -> Message {
        var attributes: [Message] = []
        for attribute in node.children(ONNX_NODE_ATTRIBUTE) {
            if attribute.has(ONNX_ATTRIBUTE_REF_ATTR_NAME) {
                guard let value = given[attribute.text(ONNX_ATTRIBUTE_REF_ATTR_NAME)] else { continue }
                let copy = try draft.copy(of: value)
                try draft.set(ONNX_ATTRIBUTE_NAME, of: copy, to: attribute.text(ONNX_ATTRIBUTE_NAME))
                attributes.append(copy)
            } else if let graph = attribute.child(ONNX_ATTRIBUTE_G) {
                let copy = try draft.copy(of: attribute)
                try draft.set(ONNX_ATTRIBUTE_G, of: copy, to: try self.graph(graph, given: given, draft: draft))
                attributes.append(copy)
            } else {
                attributes.append(attribute)
            }
        }
        let copy = try draft.copy(of: node)
        try draft.set(ONNX_NODE_ATTRIBUTE, of: copy, to: attributes)
        return copy
    }

    /// A graph inside a function's node. Recursion is bounded by the nesting that the file was opened with.
    private static func graph(
        _ graph: Message, given: [String: Message], draft: Draft
    ) throws(ONNXError) -> Message {
        var nodes: [Message] = []
        for node in graph.children(ONNX_GRAPH_NODE) { nodes.append(try self.node(node, given: given, draft: draft)) }
        let copy = try draft.copy(of: graph)
        try draft.set(ONNX_GRAPH_NODE, of: copy, to: nodes)
        return copy
    }
}
