import ModelGraph
import Operators
import Runtime
import Testing

/// Graphs that run each other in ways that make no sense are refused, when planned or when run.
@Suite struct HostileControlFlowTests {
    private func hosted(_ operation: any Operation) -> OpaqueOperation {
        OpaqueOperation(name: operation.name, callsSubgraphs: true, hosted: operation)
    }

    /// A graph with one operator: a truth value and a vector in, a vector out.
    private func graph(_ operation: any Operation, takesCondition: Bool = true) -> Graph {
        var graph = Graph(name: "g")
        let condition = graph.addValue(Value(name: "c", type: .bool, shape: [1]))
        let x = graph.addValue(Value(name: "x", type: .float32, shape: [2]))
        let y = graph.addValue(Value(name: "y", type: .float32, shape: [2]))
        graph.addNode(Node(operation, inputs: takesCondition ? [condition, x] : [x], outputs: [y]))
        graph.setInterface(inputs: [condition, x], outputs: [y])
        return graph
    }

    private func expectError(_ graphs: [Graph], _ code: RuntimeErrorCode, location: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: RuntimeError.self, sourceLocation: location) {
            let execution = try Execution(try Plan(Model(format: .tflite, graphs: graphs)))
            execution.withInputs { $0[0][0] = 1 }
            try execution.run()
        }
        #expect(error?.code == code, sourceLocation: location)
    }

    @Test func graphsThatAreNotThere() {
        expectError([graph(hosted(If(then: .index(7), otherwise: .index(8))))], .invalidModel)
        expectError([graph(hosted(Call(.index(-1))), takesCondition: true)], .invalidModel)
    }

    @Test func graphsThatDoNotFit() {
        // The branch takes a truth value and a vector, and is given a vector.
        let inner = graph(Unary(.relu), takesCondition: false)
        expectError([graph(hosted(If(then: .index(1), otherwise: .index(1)))), inner], .invalidModel)
        expectError([graph(hosted(While(condition: .index(1), body: .index(1)))), inner], .invalidModel)
        expectError([graph(hosted(Loop(body: .index(1)))), inner], .invalidModel)
        expectError([graph(hosted(Scan(body: .index(1), scanInputCount: 5))), inner], .invalidModel)
        expectError([graph(hosted(Call(.index(1))), takesCondition: false), inner], .invalidModel)
    }

    @Test func scansOfImpossibleCounts() {
        let inner = graph(Unary(.relu), takesCondition: false)
        for count in [Int.min, -1, 0, Int.max] {
            for isBatched in [false, true] {
                let scan = Scan(body: .index(1), scanInputCount: count, isBatched: isBatched)
                expectError([graph(hosted(scan)), inner], .invalidModel)
            }
        }
    }

    @Test func graphsThatCallThemselves() {
        expectError([graph(hosted(Call(.index(0))))], .unsupportedOperator)
        expectError([graph(hosted(Call(.index(1)))), graph(hosted(Call(.index(0))))], .unsupportedOperator)
        // An If of whose branch is the graph itself, which takes the condition as well.
        var inner = graph(hosted(If(then: .index(0), otherwise: .index(0))))
        var node = inner[inner.order[0]]
        node.inputs = [node.inputs[0], node.inputs[0], node.inputs[1]]
        inner = Graph(name: "g")
        for value in ["c", "x", "y"] {
            _ = inner.addValue(
                Value(name: value, type: value == "c" ? .bool : .float32, shape: [value == "c" ? 1 : 2]))
        }
        inner.addNode(node)
        inner.setInterface(
            inputs: [ValueID(index: 0), ValueID(index: 1)], outputs: [ValueID(index: 2)])
        expectError([inner], .unsupportedOperator)
    }

    @Test func variables() {
        expectError([graph(hosted(ReadVariable()))], .invalidModel)
        expectError([graph(hosted(AssignVariable()))], .invalidModel)
    }

    @Test func sequences() {
        for kind: SequenceOperation.Kind in [
            .insert, .at, .erase, .length, .concatenate(axis: 9, isNew: true), .map(.index(0)),
        ] {
            expectError([graph(hosted(SequenceOperation(kind)))], .invalidModel)
        }
        expectError(
            [graph(hosted(SequenceOperation(.split(axis: 9, keepsAxis: true))), takesCondition: false)], .invalidModel)
        // A kernel is given a sequence.
        var graph = Graph(name: "g")
        let x = graph.addValue(Value(name: "x", type: .float32, shape: [2]))
        let s = graph.addValue(Value(name: "s", type: .variant, shape: nil))
        let y = graph.addValue(Value(name: "y", type: .float32, shape: [2]))
        graph.addNode(Node(hosted(SequenceOperation(.construct)), inputs: [x], outputs: [s]))
        graph.addNode(Node(Unary(.relu), inputs: [s], outputs: [y]))
        graph.setInterface(inputs: [x], outputs: [y])
        expectError([graph], .invalidModel)
    }
}
