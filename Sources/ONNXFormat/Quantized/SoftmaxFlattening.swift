import ModelGraph
import Operators

/// Spells a softmax over several axes, which ONNX had until operator set 13, by way of a matrix.
///
///     Softmax(x; all axes from k on)   ⟹   Flatten(x; k) → Softmax(; last axis) → Reshape(; shape of x)
///
/// Only where the graph asks for a set from 13 on, and no more than one extent is open.
struct SoftmaxFlattening {
    private static let last = 13

    /// - Throws: `GraphError` if the result is not a valid graph, which would be a mistake of ours.
    static func spell(_ graph: Graph) throws(GraphError) -> Graph {
        guard OperatorSetConversion.required(by: graph) >= last else { return graph }
        var patch = GraphPatch("spell softmax over several axes", for: graph)
        for id in graph.order {
            let node = graph[id]
            guard let softmax = node.operation as? Softmax, softmax.includesInnerAxes, node.inputs.count == 1,
                let x = node.inputs[0], graph[x].type == .float32, let output = node.outputs.first,
                let dimensions = graph[x].shape?.dimensions ?? graph[output].shape?.dimensions
            else { continue }
            let axis = softmax.axis < 0 ? softmax.axis + dimensions.count : softmax.axis
            guard dimensions.indices.contains(axis), !dimensions[(axis + 1)...].allSatisfy({ $0 == .fixed(1) }),
                dimensions.count(where: \.isDynamic) <= 1, !dimensions.contains(.fixed(0))
            else { continue }
            let target = dimensions.map { dimension in
                if case .fixed(let size) = dimension { Int64(size) } else { Int64(-1) }
            }
            func extent(_ part: ArraySlice<Dimension>) -> Dimension {
                let sizes = part.compactMap { $0.isDynamic ? nil : $0.size }
                guard sizes.count == part.count, let product = Shape.elementCount(sizes) else { return .dynamic() }
                return .fixed(product)
            }
            let matrix = Shape(dimensions: [extent(dimensions[..<axis]), extent(dimensions[axis...])])
            let name = graph[output].name
            let flat = patch.addValue(Value(name: "\(name)/flat", type: .float32, shape: matrix))
            let result = patch.addValue(Value(name: "\(name)/rows", type: .float32, shape: matrix))
            let shape = patch.addValue(
                Value(
                    name: "\(name)/shape", type: .int64, shape: [target.count], constant: TensorData(target)))
            patch.addNode(Node(Flatten(axis: axis), inputs: [x], outputs: [flat]), before: id)
            patch.addNode(
                Node(Softmax(axis: -1), inputs: [flat], outputs: [result], name: node.name), before: id)
            patch.addNode(Node(Reshape(), inputs: [result, shape], outputs: [output]), before: id)
            patch.removeNode(id)
        }
        return patch.isEmpty ? graph : try graph.applying(patch)
    }
}
