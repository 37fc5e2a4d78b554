/// Names a value of one graph; stays valid while the graph is edited.
package struct ValueID: Hashable, Sendable, Comparable {
    package let index: Int
    package init(index: Int) { self.index = index }
    package static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

/// Names a node of one graph; stays valid while the graph is edited.
package struct NodeID: Hashable, Sendable, Comparable {
    package let index: Int
    package init(index: Int) { self.index = index }
    package static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// Where a value or node stands in the file that it was read from. A writer copies what was not changed from there.
package struct SourceReference: Hashable, Sendable {
    /// The index of the graph in the file.
    package var graph: Int
    /// The index of the tensor or operator in that graph.
    package var index: Int

    package init(graph: Int, index: Int) {
        self.graph = graph
        self.index = index
    }
}

/// A tensor that flows along an edge, or a constant.
package struct Value: Sendable {
    package var name: String
    package var type: ElementType
    /// nil where the file does not tell even the rank.
    package var shape: Shape?
    package var quantization: Quantization?
    /// The constant's bytes; nil for a tensor that is computed or fed.
    package var constant: TensorData?
    /// Whether `constant` is in the format's own sparse encoding and not one element after the other.
    package var isSparse = false
    /// That encoding, where it is one that we can read.
    package var sparsity: Sparsity?
    /// Whether the tensor keeps its content from one run to the next.
    package var isVariable = false
    package var source: SourceReference?

    package init(
        name: String, type: ElementType, shape: Shape?, quantization: Quantization? = nil,
        constant: TensorData? = nil, isSparse: Bool = false, isVariable: Bool = false,
        source: SourceReference? = nil
    ) {
        self.name = name
        self.type = type
        self.shape = shape
        self.quantization = quantization
        self.constant = constant
        self.isSparse = isSparse
        self.isVariable = isVariable
        self.source = source
    }

    package var facts: TensorFacts {
        TensorFacts(type: type, shape: shape, constant: isSparse || isVariable ? nil : constant)
    }
}

/// One operator with its operands.
package struct Node: Sendable {
    package var operation: any Operation
    /// nil for an optional operand that is left out.
    package var inputs: [ValueID?]
    package var outputs: [ValueID]
    /// Tensors that hold quantization parameters of an operator's inner results (TFLite's LSTM).
    package var intermediates: [ValueID]
    /// Values that the node reads without having them as operands: what its subgraphs take from this graph, and operands
    /// of the file that `operation` holds as attributes.
    package var implicitInputs: [ValueID]
    /// The node's name in the file; TFLite has none.
    package var name: String?
    package var source: SourceReference?

    package init(
        _ operation: any Operation, inputs: [ValueID?], outputs: [ValueID], intermediates: [ValueID] = [],
        implicitInputs: [ValueID] = [], name: String? = nil, source: SourceReference? = nil
    ) {
        self.operation = operation
        self.inputs = inputs
        self.outputs = outputs
        self.intermediates = intermediates
        self.implicitInputs = implicitInputs
        self.name = name
        self.source = source
    }
}

/// A graph of nodes in the order in which they run.
///
/// Values and nodes are named by identifiers that stay valid while others come and go. Passes change a graph only
/// through a `GraphPatch`.
package struct Graph: Sendable {
    package var name: String
    package internal(set) var valueTable: [Value?] = []
    package internal(set) var nodeTable: [Node?] = []
    /// The nodes in the order in which they run.
    package internal(set) var order: [NodeID] = []
    package internal(set) var inputs: [ValueID] = []
    package internal(set) var outputs: [ValueID] = []
    /// The index of this graph in the file that it was read from.
    package var sourceIndex: Int?
    /// Who reads and writes what, kept up to date from one patch to the next; nil after any other change. Where it is there,
    /// the graph is known to be valid.
    var connections: GraphConnections?

    package init(name: String, sourceIndex: Int? = nil) {
        self.name = name
        self.sourceIndex = sourceIndex
    }

    // Lent and not copied: most callers look at one property, and a copy counts references to all of them.
    package subscript(id: ValueID) -> Value {
        _read { yield valueTable[id.index]! }
        set {
            connections = nil
            valueTable[id.index] = newValue
        }
    }

    package subscript(id: NodeID) -> Node {
        _read { yield nodeTable[id.index]! }
        set {
            connections = nil
            nodeTable[id.index] = newValue
        }
    }

    package func contains(_ id: ValueID) -> Bool {
        valueTable.indices.contains(id.index) && valueTable[id.index] != nil
    }
    package func contains(_ id: NodeID) -> Bool { nodeTable.indices.contains(id.index) && nodeTable[id.index] != nil }

    /// All values, in the order of their identifiers.
    package var valueIDs: [ValueID] {
        valueTable.indices.filter { valueTable[$0] != nil }.map(ValueID.init(index:))
    }

    /// Adds a value; for readers and tests. Passes use a patch.
    package mutating func addValue(_ value: Value) -> ValueID {
        connections = nil
        valueTable.append(value)
        return ValueID(index: valueTable.count - 1)
    }

    /// Adds a node behind all others; for readers and tests. Passes use a patch.
    @discardableResult
    package mutating func addNode(_ node: Node) -> NodeID {
        connections = nil
        nodeTable.append(node)
        let id = NodeID(index: nodeTable.count - 1)
        order.append(id)
        return id
    }

    /// Names the graph's operands and results; for readers and tests.
    package mutating func setInterface(inputs: [ValueID], outputs: [ValueID]) {
        connections = nil
        self.inputs = inputs
        self.outputs = outputs
    }
}
