import ModelGraph

/// What a node is in the file.
struct EncodedNode {
    enum Input {
        case value(ValueID)
        /// A new initializer.
        case constant(Value)
    }

    enum Attribute: Equatable {
        case int(Int)
        case float(Float)
        case string(String)
        case ints([Int])
        case floats([Float])
        case tensor(TensorData, ElementType, Shape)
    }

    var inputs: [Input?]
    var attributes: [String: Attribute] = [:]
}

/// Shows a node of the graph to the row that is to write it.
struct NodeEncoder {
    let node: Node
    let graph: Graph
    /// The version of the ai.onnx operator set.
    let version: Int

    /// The operation, if it is of the row's type.
    func operation<Wanted: Operation>(_ type: Wanted.Type = Wanted.self) throws(Misfit) -> Wanted {
        guard let operation = node.operation as? Wanted else { throw Misfit() }
        return operation
    }

    var inputs: [EncodedNode.Input?] { node.inputs.map { $0.map(EncodedNode.Input.value) } }

    func require(_ condition: Bool) throws(Misfit) { if !condition { throw Misfit() } }

    /// Whether the node works on integers that stand for real numbers.
    var isInteger: Bool { (node.inputs.compactMap { $0 } + node.outputs).contains { isQuantized($0) } }

    func isQuantized(_ id: ValueID) -> Bool {
        graph.contains(id) && graph[id].type.isInteger && graph[id].quantization != nil
    }

    /// Checks that the operator may work on what integers stand for as if they were plain numbers: it only moves or
    /// compares them, and all have the same parameters.
    func requireOneQuantization() throws(Misfit) {
        let values = (node.inputs.compactMap { $0 } + node.outputs).filter(isQuantized)
        guard let first = values.first.map({ graph[$0] }) else { return }
        let isOne = values.allSatisfy { graph[$0].quantization == first.quantization && graph[$0].type == first.type }
        try require(isOne && first.quantization?.isPerTensor == true)
    }

    /// Checks that no operand and no result is an integer that stands for a real number.
    func requireReal() throws(Misfit) { try require(!isInteger) }

    func value(_ index: Int) -> Value? {
        guard node.inputs.indices.contains(index), let id = node.inputs[index], graph.contains(id) else { return nil }
        return graph[id]
    }

    func input(_ index: Int) throws(Misfit) -> EncodedNode.Input {
        guard node.inputs.indices.contains(index), let id = node.inputs[index] else { throw Misfit() }
        return .value(id)
    }

    /// The shape of the first result, of an operator that keeps the shape of its first operand.
    var shapeOfResult: Shape? {
        value(0)?.shape ?? node.outputs.first.flatMap { graph.contains($0) ? graph[$0].shape : nil }
    }

    func rank(_ index: Int) throws(Misfit) -> Int {
        guard let rank = value(index)?.shape?.rank else { throw Misfit() }
        return rank
    }

    func constantInts(_ index: Int) throws(Misfit) -> [Int] {
        guard let value = value(index), let elements = NodeEncoder.ints(value) else { throw Misfit() }
        return elements
    }

    func constantFloats(_ index: Int) throws(Misfit) -> [Float] {
        guard let value = value(index), value.type == .float32, let constant = value.facts.constant else {
            throw Misfit()
        }
        return constant.elements()
    }

    private static func ints(_ value: Value) -> [Int]? {
        guard let constant = value.facts.constant else { return nil }
        switch value.type {
        case .int64: return constant.elements(as: Int64.self).map(Int.init)
        case .int32: return constant.elements(as: Int32.self).map(Int.init)
        default: return nil
        }
    }

    /// An int64 vector as an operand: the implicit operand that already holds it, or a new initializer.
    func input(_ elements: [Int], named part: String) -> EncodedNode.Input {
        if node.implicitInputs.count == 1, let id = node.implicitInputs.first, graph.contains(id),
            graph[id].type == .int64, graph[id].shape?.rank == 1, NodeEncoder.ints(graph[id]) == elements
        {
            return .value(id)
        }
        return constant(part, .int64, [elements.count], TensorData(elements.map(Int64.init)))
    }

    /// A float scalar as an operand: the implicit operand that already holds it, or a new initializer.
    func input(_ element: Float, implicit index: Int, named part: String) -> EncodedNode.Input {
        if node.implicitInputs.indices.contains(index), graph.contains(node.implicitInputs[index]) {
            let id = node.implicitInputs[index]
            if graph[id].type == .float32, graph[id].facts.constant?.elements(as: Float.self) == [element] {
                return .value(id)
            }
        }
        return constant(part, .float32, [], TensorData([element]))
    }

    func constant(_ part: String, _ type: ElementType, _ shape: Shape, _ data: TensorData) -> EncodedNode.Input {
        let name = node.outputs.first.map { graph[$0].name } ?? node.name ?? ""
        return .constant(Value(name: "\(name)/\(part)", type: type, shape: shape, constant: data))
    }
}
