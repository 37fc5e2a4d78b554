import COnnx
import ModelGraph

/// The names under which values are written: each once, those of the file kept, and those of its interface above all.
struct NameTable {
    private var names: [ValueID: String] = [:]
    private var taken: Set<String> = []
    /// Names of graph outputs that have to be given by an operator of their own: the value has another name as well.
    private(set) var copies: [(value: ValueID, name: String)] = []
    /// One for each graph output.
    private(set) var outputNames: [String] = []

    init(_ graph: Graph, source: ONNXSource?) {
        for id in graph.inputs { names[id] = unique(graph[id].name) }
        let former = source.map { $0.original.outputs.map { id in source?.original[id].name } } ?? []
        for (index, id) in graph.outputs.enumerated() {
            let wanted = (former.count == graph.outputs.count ? former[index] : nil) ?? graph[id].name
            if let name = names[id] {
                if name == wanted {
                    outputNames.append(name)
                } else {
                    let copy = unique(wanted)
                    copies.append((id, copy))
                    outputNames.append(copy)
                }
            } else {
                let name = unique(wanted)
                names[id] = name
                outputNames.append(name)
            }
        }
        let consumed = NameTable.consumed(in: graph)
        let rest = graph.valueIDs.filter { names[$0] == nil }
        // First what keeps its name.
        for id in rest {
            let name = graph[id].name
            if name.isEmpty, !consumed.contains(id) {
                names[id] = ""
            } else if let source, source.original.contains(id), source.original[id].name == name, !name.isEmpty,
                source.origin(of: graph[id]) != .attribute, taken.insert(name).inserted
            {
                names[id] = name
            }
        }
        // New names must not hide behind those that subgraphs define.
        for node in source?.graphMessage.children(ONNX_GRAPH_NODE) ?? [] {
            taken.formUnion(Subgraphs.allDefinedNames(of: node))
        }
        for id in rest where names[id] == nil { names[id] = unique(graph[id].name) }
    }

    private static func consumed(in graph: Graph) -> Set<ValueID> {
        graph.order.reduce(into: Set(graph.outputs)) { consumed, id in
            consumed.formUnion(graph[id].inputs.compactMap { $0 })
            consumed.formUnion(graph[id].implicitInputs)
        }
    }

    subscript(id: ValueID) -> String { names[id] ?? "" }

    /// `name`, or `name_1` and so on if it is taken.
    mutating func unique(_ name: String) -> String {
        let base = name.isEmpty ? "value" : name
        if taken.insert(base).inserted { return base }
        var count = 1
        while !taken.insert("\(base)_\(count)").inserted { count += 1 }
        return "\(base)_\(count)"
    }
}
