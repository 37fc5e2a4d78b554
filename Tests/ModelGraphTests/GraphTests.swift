import Testing

@testable import ModelGraph

/// A graph x → a → b → y of opaque nodes, for tests of the graph itself.
struct Chain {
    var graph: Graph
    let x, a, b, y: ValueID
    let first, second, third: NodeID

    init() {
        var graph = Graph(name: "chain")
        func value(_ name: String) -> ValueID { graph.addValue(Value(name: name, type: .float32, shape: [2])) }
        x = value("x")
        a = value("a")
        b = value("b")
        y = value("y")
        first = graph.addNode(Node(OpaqueOperation(name: "first"), inputs: [x], outputs: [a]))
        second = graph.addNode(Node(OpaqueOperation(name: "second"), inputs: [a], outputs: [b]))
        third = graph.addNode(Node(OpaqueOperation(name: "third"), inputs: [b, a], outputs: [y]))
        graph.setInterface(inputs: [x], outputs: [y])
        self.graph = graph
    }
}

@Suite struct GraphConnectionsTests {
    @Test func producersAndConsumers() {
        let chain = Chain()
        let connections = GraphConnections(chain.graph)
        #expect(connections.producer(of: chain.x) == nil)
        #expect(connections.producer(of: chain.b) == chain.second)
        #expect(connections.consumers(of: chain.a) == [chain.second, chain.third])
        #expect(connections.soleConsumer(of: chain.a) == nil)
        #expect(connections.soleConsumer(of: chain.b) == chain.third)
        #expect(connections.consumers(of: chain.y) == [])
        #expect(connections.isGraphOutput(chain.y))
        #expect(connections.soleConsumer(of: chain.y) == nil)
    }

    @Test func aNodeThatReadsTwiceIsOneConsumer() {
        var chain = Chain()
        chain.graph[chain.third].inputs = [chain.b, chain.b]
        #expect(GraphConnections(chain.graph).consumers(of: chain.b) == [chain.third])
    }
}

@Suite struct GraphPatchTests {
    @Test func nodeIsInsertedBeforeItsReader() throws {
        let chain = Chain()
        var patch = GraphPatch("insert", for: chain.graph)
        let copy = patch.addValue(Value(name: "copy", type: .float32, shape: [2]))
        patch.replaceUses(of: chain.b, with: copy)
        let node = patch.addNode(
            Node(OpaqueOperation(name: "copy"), inputs: [chain.b], outputs: [copy]), before: chain.third)
        let graph = try chain.graph.applying(patch)
        #expect(graph.order == [chain.first, chain.second, node, chain.third])
        #expect(graph[chain.third].inputs == [copy, chain.a])
    }

    @Test func nodesBeforeOneNodeKeepTheirOrder() throws {
        let chain = Chain()
        var patch = GraphPatch("insert", for: chain.graph)
        let c = patch.addValue(Value(name: "c", type: .float32, shape: [2]))
        let d = patch.addValue(Value(name: "d", type: .float32, shape: [2]))
        let one = patch.addNode(Node(OpaqueOperation(name: "c"), inputs: [chain.x], outputs: [c]), before: chain.first)
        let two = patch.addNode(Node(OpaqueOperation(name: "d"), inputs: [c], outputs: [d]), before: chain.first)
        #expect(try chain.graph.applying(patch).order.prefix(2) == [one, two])
    }

    @Test func nodeAddedBehindMovesBeforeItsReaders() throws {
        let chain = Chain()
        var patch = GraphPatch("append", for: chain.graph)
        let c = patch.addValue(Value(name: "c", type: .float32, shape: [2]))
        let node = patch.addNode(Node(OpaqueOperation(name: "c"), inputs: [chain.x], outputs: [c]))
        var second = chain.graph[chain.second]
        second.inputs = [chain.a, c]
        patch.updateNode(chain.second, second)
        #expect(try chain.graph.applying(patch).order == [chain.first, node, chain.second, chain.third])
    }

    @Test func usesOfARemovedNodeAreReplaced() throws {
        let chain = Chain()
        var patch = GraphPatch("bypass", for: chain.graph)
        patch.replaceUses(of: chain.b, with: chain.a)
        patch.removeNode(chain.second)
        patch.removeValue(chain.b)
        let graph = try chain.graph.applying(patch)
        #expect(graph.order == [chain.first, chain.third])
        #expect(!graph.contains(chain.b))
        #expect(chain.graph.contains(chain.b))
    }

    @Test func graphOutputsAreUses() throws {
        let chain = Chain()
        var patch = GraphPatch("output", for: chain.graph)
        patch.replaceUses(of: chain.y, with: chain.b)
        #expect(try chain.graph.applying(patch).outputs == [chain.b])
    }

    private func expectRefusal(_ code: GraphError.Code, _ edit: (Chain, inout GraphPatch) -> Void) {
        let chain = Chain()
        var patch = GraphPatch("bad", for: chain.graph)
        edit(chain, &patch)
        let error = #expect(throws: GraphError.self) { try chain.graph.applying(patch) }
        #expect(error?.code == code)
    }

    @Test func patchesThatBreakTheGraphAreRefused() {
        // A reader is left without its producer.
        expectRefusal(.danglingReference) { chain, patch in patch.removeNode(chain.second) }
        expectRefusal(.danglingReference) { chain, patch in patch.removeNode(chain.third) }
        // A reader is left without its value.
        expectRefusal(.danglingReference) { chain, patch in patch.removeValue(chain.a) }
        // Edits of what is not there.
        expectRefusal(.danglingReference) { chain, patch in
            patch.removeNode(chain.first)
            patch.removeNode(chain.first)
        }
        expectRefusal(.danglingReference) { _, patch in patch.removeValue(ValueID(index: 99)) }
        // Two producers of one value.
        expectRefusal(.duplicateProducer) { chain, patch in
            patch.addNode(Node(OpaqueOperation(name: "again"), inputs: [chain.x], outputs: [chain.b]))
        }
        // A cycle.
        expectRefusal(.cycle) { chain, patch in
            patch.updateNode(chain.first, Node(OpaqueOperation(name: "first"), inputs: [chain.b], outputs: [chain.a]))
        }
    }

    @Test func patchForAnotherStateIsRefused() throws {
        let chain = Chain()
        var patch = GraphPatch("add", for: chain.graph)
        _ = patch.addValue(Value(name: "c", type: .float32, shape: [2]))
        let once = try chain.graph.applying(patch)
        #expect(throws: GraphError.self) { try once.applying(patch) }
    }

    /// Deeper than a thread's stack would allow a recursive sort.
    @Test func longChainIsSorted() throws {
        var graph = Graph(name: "long")
        let count = 20_000
        let values = (0...count).map { graph.addValue(Value(name: "\($0)", type: .float32, shape: [1])) }
        for index in (0..<count).reversed() {
            graph.addNode(Node(OpaqueOperation(name: "n"), inputs: [values[index]], outputs: [values[index + 1]]))
        }
        graph.setInterface(inputs: [values[0]], outputs: [values[count]])
        let sorted = try graph.applying(GraphPatch("none", for: graph))
        #expect(sorted.order == (0..<count).reversed().map(NodeID.init(index:)))
    }
}

@Suite struct GraphValidationTests {
    private func expectInvalid(_ code: GraphError.Code, _ change: (inout Chain) -> Void) {
        var chain = Chain()
        change(&chain)
        let error = #expect(throws: GraphError.self) { try chain.graph.validate() }
        #expect(error?.code == code)
    }

    @Test func validGraphPasses() throws { try Chain().graph.validate() }

    @Test func structureIsChecked() {
        expectInvalid(.danglingReference) { $0.graph.setInterface(inputs: [ValueID(index: 9)], outputs: []) }
        expectInvalid(.danglingReference) { $0.graph.setInterface(inputs: [$0.x], outputs: [ValueID(index: 9)]) }
        expectInvalid(.danglingReference) { $0.graph[$0.first].inputs = [ValueID(index: 9)] }
        expectInvalid(.danglingReference) { $0.graph[$0.first].outputs = [ValueID(index: 9)] }
        expectInvalid(.danglingReference) { $0.graph[$0.first].intermediates = [ValueID(index: 9)] }
        expectInvalid(.duplicateProducer) { $0.graph[$0.second].outputs = [$0.a] }
        expectInvalid(.duplicateProducer) { $0.graph[$0.second].outputs = [$0.x] }
        expectInvalid(.cycle) { $0.graph[$0.first].inputs = [$0.y] }
    }

    @Test func valuesAreChecked() {
        expectInvalid(.invalidShape) { $0.graph[$0.a].shape = [-1] }
        expectInvalid(.invalidShape) { $0.graph[$0.a].shape = [.max, 2] }
        expectInvalid(.invalidShape) { $0.graph[$0.a].shape = [.max / 2] }
        expectInvalid(.invalidData) { $0.graph[$0.x].constant = TensorData([Float](repeating: 0, count: 3)) }
        expectInvalid(.invalidQuantization) {
            $0.graph[$0.a].quantization = Quantization(scales: [1, 2], zeroPoints: [0], axis: 0)
        }
        expectInvalid(.invalidQuantization) { $0.graph[$0.a].quantization = Quantization(scales: [1, 2, 3], axis: 0) }
        expectInvalid(.invalidQuantization) { $0.graph[$0.a].quantization = Quantization(scales: [1, 2], axis: 4) }
        expectInvalid(.invalidQuantization) { $0.graph[$0.a].quantization = Quantization(scales: [], axis: nil) }
    }

    /// Four-bit elements fill bytes; five of them take three.
    @Test func packedConstantsAreMeasuredInBits() throws {
        var graph = Graph(name: "packed")
        _ = graph.addValue(Value(name: "w", type: .int4, shape: [5], constant: TensorData(bytes: [1, 2, 3])))
        try graph.validate()
    }
}

@Suite struct TensorDataTests {
    @Test func slicesCompareByContent() {
        let file = MappedFile(copying: [1, 2, 3, 1, 2] as [UInt8], named: "f")
        let slice = TensorData(mapped: file, range: 3..<5)
        #expect(slice == TensorData(bytes: [1, 2]))
        #expect(slice == TensorData(mapped: file, range: 0..<2))
        #expect(slice != TensorData(mapped: file, range: 1..<3))
        #expect(slice.elements(as: UInt16.self) == [0x0201])
        #expect(TensorData(mapped: file, range: 0..<5).elements(as: UInt16.self).count == 2)
    }
}

@Suite struct MappedFileTests {
    @Test func failuresSayWhy() {
        for (path, reason) in [("/no/such/file", "No such file or directory"), ("/", "Is a directory")] {
            let error = #expect(throws: FileError.self) { try MappedFile(path: path) }
            #expect(error?.description.contains(reason) == true)
            #expect(error?.kind == .unreadable)
        }
    }
}

@Suite struct ElementTypeTests {
    @Test func byteCountsDoNotOverflow() {
        #expect(ElementType.int4.byteCount(of: 3) == 2)
        #expect(ElementType.int2.byteCount(of: 5) == 2)
        #expect(ElementType.float32.byteCount(of: .max) == nil)
        #expect(ElementType.float32.byteCount(of: -1) == nil)
        #expect(ElementType.string.byteCount(of: 1) == nil)
        // A 0 does not make up for extents whose product is no number: strides are such products.
        #expect(Shape.elementCount([0, .max, .max]) == nil)
        #expect(Shape.elementCount([0, .max]) == 0)
        #expect(Shape.elementCount([.max, 2]) == nil)
    }
}
