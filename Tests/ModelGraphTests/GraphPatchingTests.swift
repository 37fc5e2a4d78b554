import Testing

@testable import ModelGraph

@Suite("Patches in place")
struct GraphPatchingTests {
    /// splitmix64
    private struct Noise {
        var state: UInt64

        mutating func next(_ limit: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((z ^ (z >> 31)) % UInt64(limit))
        }
    }

    /// Edits that need not make sense, so that many are refused.
    private func patch(for graph: Graph, _ noise: inout Noise) -> GraphPatch {
        var patch = GraphPatch("anything", for: graph)
        func value() -> ValueID { ValueID(index: noise.next(graph.valueTable.count)) }
        for _ in 0...noise.next(3) {
            let node = graph.order[noise.next(graph.order.count)]
            switch noise.next(7) {
            case 0, 1:
                let result = patch.addValue(Value(name: "new", type: .float32, shape: [2]))
                patch.addNode(
                    Node(OpaqueOperation(name: "new"), inputs: [value(), value()], outputs: [result]),
                    before: noise.next(2) == 0 ? node : nil)
                var reader = graph[node]
                reader.inputs.append(result)
                patch.updateNode(node, reader)
            case 2: patch.replaceUses(of: value(), with: value())
            case 3: patch.removeNode(node)
            case 4:
                patch.replaceUses(of: graph[node].outputs[0], with: value())
                patch.removeNode(node)
            case 5: patch.removeValue(value())
            default: patch.setInterface(inputs: graph.inputs + [value()], outputs: [value()])
            }
        }
        return patch
    }

    private func expectSame(_ a: Graph, _ b: Graph) {
        #expect(a.order == b.order && a.inputs == b.inputs && a.outputs == b.outputs)
        #expect(a.valueIDs == b.valueIDs)
        for id in a.order {
            #expect(a[id].inputs == b[id].inputs && a[id].outputs == b[id].outputs)
        }
    }

    /// What is checked where a patch touches is what a check of the whole graph finds.
    @Test func checksWhatTheWholeGraphWouldShow() throws {
        var (applied, refused) = (0, 0)
        for seed in 0..<40 {
            var noise = Noise(state: UInt64(seed))
            var graph = Chain().graph
            try graph.apply(GraphPatch("nothing", for: graph))
            for _ in 0..<25 {
                let patch = patch(for: graph, &noise)
                var whole = graph
                whole.connections = nil
                let before = graph
                do throws(GraphError) {
                    try graph.apply(patch)
                    applied += 1
                    #expect(throws: Never.self) { try whole.apply(patch) }
                    expectSame(graph, whole)
                    #expect(throws: Never.self) { try graph.validate() }
                } catch {
                    refused += 1
                    #expect(throws: GraphError.self) { try whole.apply(patch) }
                    expectSame(graph, before)
                    try graph.apply(GraphPatch("nothing", for: graph))
                }
                let known = GraphConnections(graph)
                let scanned = GraphConnections(scanning: graph)
                for index in graph.valueTable.indices {
                    let id = ValueID(index: index)
                    #expect(known.producer(of: id) == scanned.producer(of: id))
                    #expect(known.consumers(of: id) == scanned.consumers(of: id))
                    #expect(known.isGraphOutput(id) == scanned.isGraphOutput(id))
                }
                if graph.order.isEmpty { break }
            }
        }
        #expect(applied > 100 && refused > 100)
    }

    @Test func aChangeBesideAPatchIsSeen() throws {
        var chain = Chain()
        try chain.graph.apply(GraphPatch("nothing", for: chain.graph))
        chain.graph[chain.third].inputs = [chain.b]
        #expect(GraphConnections(chain.graph).consumers(of: chain.a) == [chain.second])
    }
}
