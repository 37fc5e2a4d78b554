extension Graph {
    /// A node as errors name it: `operator 3 (Convolution)`.
    package func describe(_ id: NodeID) -> String {
        guard contains(id) else { return "operator \(id.index)" }
        let node = self[id]
        let name = node.name.map { " '\($0)'" } ?? ""
        return "operator \(node.source?.index ?? id.index) (\(node.operation.name)\(name))"
    }

    /// A value as errors name it: `tensor 7 'conv1/weights'`.
    package func describe(_ id: ValueID) -> String {
        guard contains(id) else { return "tensor \(id.index)" }
        return "tensor \(self[id].source?.index ?? id.index) '\(self[id].name)'"
    }

    /// Checks what every pass and the planner rely on: references lead to something, each value is produced once and
    /// before it is read, sizes are possible, and dense constants have the bytes that their shape asks for.
    ///
    /// - Throws: `GraphError` for the first violation.
    /// - Complexity: O(values + operands); O(1) if the graph is known to be valid.
    package func validate() throws(GraphError) {
        guard connections == nil else { return }
        for id in valueIDs { try validate(id) }
        var isAvailable = Array(repeating: false, count: valueTable.count)
        var isProduced = isAvailable
        for input in inputs {
            guard contains(input) else { throw GraphError(.danglingReference, "a graph input names no tensor") }
            isAvailable[input.index] = true
        }
        for id in order {
            for output in self[id].outputs {
                guard contains(output) else {
                    throw GraphError(.danglingReference, "an output names no tensor", at: describe(id))
                }
                // Nothing but the graph's inputs is available yet.
                guard !isProduced[output.index], !isAvailable[output.index],
                    self[output].constant == nil || self[output].isVariable
                else {
                    throw GraphError(
                        .duplicateProducer, "\(describe(output)) is written by more than one producer", at: describe(id)
                    )
                }
                isProduced[output.index] = true
            }
        }
        for id in order {
            let node = self[id]
            for case let input? in node.inputs + node.implicitInputs {
                guard contains(input) else {
                    throw GraphError(.danglingReference, "an input names no tensor", at: describe(id))
                }
                guard isAvailable[input.index] || !isProduced[input.index] else {
                    throw GraphError(.cycle, "\(describe(input)) is read before it is computed", at: describe(id))
                }
            }
            for intermediate in node.intermediates where !contains(intermediate) {
                throw GraphError(.danglingReference, "an intermediate names no tensor", at: describe(id))
            }
            for output in node.outputs { isAvailable[output.index] = true }
        }
        for output in outputs where !contains(output) {
            throw GraphError(.danglingReference, "a graph output names no tensor")
        }
    }

    /// Validates the graph and keeps who reads and writes what, so that neither has to be found out again until a change.
    ///
    /// - Throws: as `validate`.
    package mutating func connect() throws(GraphError) {
        try validate()
        connections = GraphConnections(self)
    }

    func validate(_ id: ValueID) throws(GraphError) {
        let value = self[id]
        if let shape = value.shape {
            for case .fixed(let size) in shape.dimensions where size < 0 {
                throw GraphError(.invalidShape, "the shape \(shape) has a negative extent", at: describe(id))
            }
            if let sizes = shape.sizes {
                guard let count = Shape.elementCount(sizes),
                    value.type.bitWidth == nil || value.type.byteCount(of: count) != nil
                else {
                    throw GraphError(.invalidShape, "the shape \(shape) is larger than memory can be", at: describe(id))
                }
                if let constant = value.constant, !value.isSparse, let bytes = value.type.byteCount(of: count),
                    bytes != constant.byteCount
                {
                    throw GraphError(
                        .invalidData,
                        "\(constant.byteCount) bytes of data for shape \(shape) of \(value.type), which takes \(bytes)",
                        at: describe(id))
                }
            }
        }
        guard let quantization = value.quantization else { return }
        guard !quantization.scales.isEmpty, quantization.scales.count == quantization.zeroPoints.count else {
            throw GraphError(
                .invalidQuantization,
                "\(quantization.scales.count) scales and \(quantization.zeroPoints.count) zero points",
                at: describe(id))
        }
        if let axis = quantization.axis, quantization.blockSize == nil, quantization.scales.count > 1,
            let shape = value.shape
        {
            guard shape.dimensions.indices.contains(axis),
                shape.dimensions[axis].size.map({ $0 == quantization.scales.count }) ?? true
            else {
                throw GraphError(
                    .invalidQuantization, "\(quantization.scales.count) scales along axis \(axis) of shape \(shape)",
                    at: describe(id))
            }
        }
    }
}
