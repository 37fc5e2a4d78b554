import ModelGraph
import Operators

extension Graph {
    /// The graph with the extents of its inputs fixed, and those of other tensors as far as they follow.
    ///
    /// - Throws: `usage` if an input is not there, or has other extents already.
    func fixingInputs(_ shapes: [OptimizationOptions.InputShape], at path: String) throws(OptimizationError) -> Graph {
        var patch = GraphPatch("fix the shapes of inputs", for: self)
        var symbols: [String: Int] = [:]
        var changed: [ValueID: Value] = [:]
        for shape in shapes {
            guard let id = inputs.first(where: { self[$0].name == shape.name }) else {
                throw OptimizationError(
                    .usage, "--shape names '\(shape.name)', and the model has no such input", at: path,
                    remedy: "its inputs are \(inputs.map { self[$0].name }.joined(separator: ", "))")
            }
            let known = self[id].shape?.dimensions ?? shape.sizes.map { _ in Dimension.dynamic() }
            guard known.count == shape.sizes.count,
                zip(known, shape.sizes).allSatisfy({ $0.isDynamic || $0.size == $1 })
            else {
                throw OptimizationError(
                    .usage,
                    "the input '\(shape.name)' has shape \(self[id].shape?.description ?? "?"), not \(Shape(shape.sizes))",
                    at: path)
            }
            for case (.dynamic(let symbol?, _), let size) in zip(known, shape.sizes) {
                guard symbols.updateValue(size, forKey: symbol).map({ $0 == size }) ?? true else {
                    throw OptimizationError(.usage, "--shape gives '\(symbol)' two values", at: path)
                }
            }
            var value = self[id]
            value.shape = Shape(shape.sizes)
            changed[id] = value
        }
        for id in valueIDs where self[id].constant == nil && changed[id] == nil {
            guard var shape = self[id].shape else { continue }
            for (axis, dimension) in shape.dimensions.enumerated() {
                if case .dynamic(let symbol?, _) = dimension, let size = symbols[symbol] {
                    shape.dimensions[axis] = .fixed(size)
                }
            }
            guard shape != self[id].shape else { continue }
            var value = self[id]
            value.shape = shape
            changed[id] = value
        }
        for id in order {
            let node = self[id]
            let facts = node.inputs.map { $0.map { (changed[$0] ?? self[$0]).facts } }
            guard let results = try? node.operation.inferOutputs(from: facts) else { continue }
            for (output, result) in zip(node.outputs, results) {
                var value = changed[output] ?? self[output]
                guard let shape = result.shape, shape != value.shape else { continue }
                value.shape = shape
                changed[output] = value
            }
        }
        for (id, value) in changed.sorted(by: { $0.key < $1.key }) { patch.updateValue(id, value) }
        do throws(GraphError) { return try applying(patch) } catch { throw OptimizationError(error) }
    }
}
