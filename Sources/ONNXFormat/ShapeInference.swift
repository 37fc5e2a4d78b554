import ModelGraph
import Operators

/// Completes what a file does not say of the types and shapes of its tensors.
///
/// A file need not declare what is between its operators, and extents may be symbols. The operators' rules work on
/// numbers, so they are asked twice, with 1 and with 2 for every open extent: an extent that differs between the two
/// depends on the open ones, and gets what it is for 1 as its placeholder.
package enum ShapeInference {
    /// The graph with types and shapes of tensors of which the file tells none. What is declared stays as it is.
    package static func complete(_ graph: Graph) -> Graph {
        let single = facts(of: graph, openExtent: 1)
        let double = facts(of: graph, openExtent: 2)
        var patch = GraphPatch("complete shapes", for: graph)
        for (id, found) in single.sorted(by: { $0.key < $1.key }) {
            var value = graph[id]
            guard value.constant == nil, value.shape == nil || value.type == .variant else { continue }
            if value.type == .variant { value.type = found.type }
            if value.shape == nil, let sizes = found.shape?.sizes {
                let others = double[id]?.shape?.sizes
                value.shape = Shape(
                    dimensions: sizes.enumerated().map { axis, size in
                        let isOpen = others.map { $0.count == sizes.count && $0[axis] != size } ?? false
                        return isOpen ? .dynamic(placeholder: size) : .fixed(size)
                    })
            }
            if value.type != graph[id].type || value.shape != graph[id].shape { patch.updateValue(id, value) }
        }
        return patch.isEmpty ? graph : (try? graph.applying(patch)) ?? graph
    }

    /// What the operators' rules say if all open extents are the given one.
    private static func facts(of graph: Graph, openExtent: Int) -> [ValueID: TensorFacts] {
        var known: [ValueID: TensorFacts] = [:]
        func facts(_ id: ValueID) -> TensorFacts {
            if let found = known[id] { return found }
            var facts = graph[id].facts
            facts.shape = facts.shape.map { shape in
                Shape(shape.dimensions.map { $0.size ?? openExtent })
            }
            return facts
        }
        for id in graph.order {
            let node = graph[id]
            let operands = node.inputs.map { $0.map(facts) }
            guard !operands.contains(where: { $0?.type == .variant }),
                let results = try? node.operation.inferOutputs(from: operands)
            else { continue }
            for (output, result) in zip(node.outputs, results) {
                var result = result
                // The rule of Quantize can only guess the type.
                if graph[output].type != .variant { result.type = graph[output].type }
                if graph[output].shape != nil { result.shape = facts(output).shape }
                known[output] = result
            }
        }
        return known
    }
}
