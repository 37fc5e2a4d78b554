import COnnx

/// The graphs that nodes hold as attributes: If, Loop, Scan and their like.
enum Subgraphs {
    /// The graphs of a node.
    static func of(_ node: Message) -> [Message] {
        node.children(ONNX_NODE_ATTRIBUTE).flatMap { attribute in
            (attribute.child(ONNX_ATTRIBUTE_G).map { [$0] } ?? []) + attribute.children(ONNX_ATTRIBUTE_GRAPHS)
        }
    }

    /// The names that a graph defines: what it is fed, holds, and computes.
    static func definedNames(in graph: Message) -> Set<String> {
        var names: Set<String> = []
        for input in graph.children(ONNX_GRAPH_INPUT) { names.insert(input.text(ONNX_VALUE_INFO_NAME)) }
        for initializer in graph.children(ONNX_GRAPH_INITIALIZER) { names.insert(initializer.text(ONNX_TENSOR_NAME)) }
        for sparse in graph.children(ONNX_GRAPH_SPARSE_INITIALIZER) {
            if let values = sparse.child(ONNX_SPARSE_TENSOR_VALUES) { names.insert(values.text(ONNX_TENSOR_NAME)) }
        }
        for node in graph.children(ONNX_GRAPH_NODE) {
            for index in 0..<node.count(ONNX_NODE_OUTPUT) { names.insert(node.text(ONNX_NODE_OUTPUT, index)) }
        }
        return names
    }

    /// The names that the subgraphs of a node read from around it, each once, in the order in which they are met.
    ///
    /// Recursion is bounded by the nesting that the file was opened with.
    static func capturedNames(of node: Message) -> [String] {
        var names: [String] = []
        var seen: Set<String> = []
        for graph in of(node) {
            for name in capturedNames(in: graph) where seen.insert(name).inserted { names.append(name) }
        }
        return names
    }

    /// The names that a graph reads from around it.
    static func capturedNames(in graph: Message) -> [String] {
        let defined = definedNames(in: graph)
        var names: [String] = []
        func note(_ name: String) { if !name.isEmpty, !defined.contains(name) { names.append(name) } }
        for node in graph.children(ONNX_GRAPH_NODE) {
            for index in 0..<node.count(ONNX_NODE_INPUT) { note(node.text(ONNX_NODE_INPUT, index)) }
            for name in capturedNames(of: node) { note(name) }
        }
        for output in graph.children(ONNX_GRAPH_OUTPUT) { note(output.text(ONNX_VALUE_INFO_NAME)) }
        return names
    }

    /// All names that the subgraphs of a node define, at any depth.
    static func allDefinedNames(of node: Message) -> Set<String> {
        of(node).reduce(into: []) { names, graph in
            names.formUnion(definedNames(in: graph))
            for inner in graph.children(ONNX_GRAPH_NODE) { names.formUnion(allDefinedNames(of: inner)) }
        }
    }

    /// Lets the subgraphs of `node`, which is a draft's own message, read other values of the graph around them.
    static func rename(_ names: [String: String], in node: Message, draft: Draft) throws(ONNXError) {
        var attributes = node.children(ONNX_NODE_ATTRIBUTE)
        for index in attributes.indices {
            let attribute = attributes[index]
            let graphs = attribute.children(ONNX_ATTRIBUTE_GRAPHS)
            guard attribute.has(ONNX_ATTRIBUTE_G) || !graphs.isEmpty else { continue }
            let copy = try draft.copy(of: attribute)
            if let graph = attribute.child(ONNX_ATTRIBUTE_G) {
                try draft.set(ONNX_ATTRIBUTE_G, of: copy, to: try renamed(graph, names, draft: draft))
            }
            if !graphs.isEmpty {
                var copies: [Message] = []
                for graph in graphs { copies.append(try renamed(graph, names, draft: draft)) }
                try draft.set(ONNX_ATTRIBUTE_GRAPHS, of: copy, to: copies)
            }
            attributes[index] = copy
        }
        try draft.set(ONNX_NODE_ATTRIBUTE, of: node, to: attributes)
    }

    private static func renamed(
        _ graph: Message, _ names: [String: String], draft: Draft
    ) throws(ONNXError) -> Message {
        let defined = definedNames(in: graph)
        let names = names.filter { !defined.contains($0.key) }
        if names.isEmpty { return graph }
        let copy = try draft.copy(of: graph)
        var nodes: [Message] = []
        for node in graph.children(ONNX_GRAPH_NODE) {
            let changed = try draft.copy(of: node)
            let inputs = (0..<node.count(ONNX_NODE_INPUT)).map { node.text(ONNX_NODE_INPUT, $0) }
            try draft.set(ONNX_NODE_INPUT, of: changed, to: inputs.map { names[$0] ?? $0 })
            try rename(names, in: changed, draft: draft)
            nodes.append(changed)
        }
        try draft.set(ONNX_GRAPH_NODE, of: copy, to: nodes)
        var outputs: [Message] = []
        for output in graph.children(ONNX_GRAPH_OUTPUT) {
            guard let name = names[output.text(ONNX_VALUE_INFO_NAME)] else {
                outputs.append(output)
                continue
            }
            let changed = try draft.copy(of: output)
            try draft.set(ONNX_VALUE_INFO_NAME, of: changed, to: name)
            outputs.append(changed)
        }
        try draft.set(ONNX_GRAPH_OUTPUT, of: copy, to: outputs)
        return copy
    }
}
