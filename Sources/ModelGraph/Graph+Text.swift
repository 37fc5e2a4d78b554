extension Graph {
    /// The graph as text, a line for each node, for tests and for finding the pass that broke a model:
    ///
    ///     x: float32 [1, 4]
    ///     y: float32 [1, 2] = FullyConnected(x, w: int8 [2, 4], b: int32 [2])
    ///     → y
    ///
    /// Types, shapes and per-tensor parameters stand where a tensor is first named.
    package var text: String {
        var lines = inputs.map { declaration(of: $0) }
        var declared = Set(inputs)
        for id in order {
            let node = self[id]
            let operands = node.inputs.map { input -> String in
                guard let input else { return "–" }
                return declared.insert(input).inserted ? declaration(of: input) : self[input].name
            }
            let results = node.outputs.map { output in
                declared.insert(output)
                return declaration(of: output)
            }
            let list = operands.joined(separator: ", ")
            lines.append("\(results.joined(separator: ", ")) = \(node.operation.name)(\(list))")
        }
        lines.append("→ " + outputs.map { self[$0].name }.joined(separator: ", "))
        return lines.joined(separator: "\n")
    }

    private func declaration(of id: ValueID) -> String {
        let value = self[id]
        var text = "\(value.name): \(value.type)"
        if let shape = value.shape { text += " \(shape)" }
        if let quantization = value.quantization {
            text += quantization.isPerTensor ? " q(\(quantization.scale), \(quantization.zeroPoint))" : " q"
        }
        return text
    }
}
