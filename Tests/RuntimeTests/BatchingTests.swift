import ModelGraph
import Operators
import Runtime
import Testing

@Suite struct BatchingTests {
    private func dense(_ arithmetic: RandomGraph.Arithmetic) throws -> Plan {
        try Plan(
            RandomGraph.linear(FullyConnected(), x: [1, 37], w: [19, 37], axis: 0, y: [1, 19], arithmetic))
    }

    @Test(arguments: RandomGraph.Arithmetic.allCases)
    func denseLayersTakeSeveralSamples(_ arithmetic: RandomGraph.Arithmetic) throws {
        let plan = try dense(arithmetic)
        let batched = try #require(plan.batched(by: 5))
        #expect(batched.inputs[0].shape == [5, 37])
        #expect(batched.outputs[0].shape == [5, 19])
        #expect(batched.multiplyAdds == 5 * plan.multiplyAdds)
        #expect(plan.profitablyBatched()?.inputs[0].shape == [Plan.usualBatch, 37])
        // What is batched already is not batched again.
        #expect(batched.batched(by: 2) == nil)
    }

    /// Made-up samples of whole numbers are all the same, and so are results that say nothing of the samples.
    @Test func whatSamplesDoNotTellApartIsNotBatched() throws {
        for (type, operation) in [(.int32, Cast(to: .float32)), (.float32, Unary(.sign))]
            as [(ElementType, any ModelGraph.Operation)]
        {
            var graph = Graph(name: "main")
            let x = graph.addValue(Value(name: "x", type: type, shape: [1, 8]))
            let y = graph.addValue(Value(name: "y", type: .float32, shape: [1, 8]))
            graph.addNode(Node(operation, inputs: [x], outputs: [y]))
            graph.setInterface(inputs: [x], outputs: [y])
            #expect(try Plan(Model(format: .tflite, graphs: [graph])).batched(by: 4) == nil)
        }
    }

    /// A graph that mixes its samples, and one whose operator has the batch of 1 in its attributes.
    @Test func othersDoNot() throws {
        for operation in [Reduce(.sum, keepsDimensions: true), Reshape(shape: [1, 8])] as [any ModelGraph.Operation] {
            var graph = Graph(name: "main")
            let x = graph.addValue(Value(name: "x", type: .float32, shape: [1, 8]))
            let y = graph.addValue(Value(name: "y", type: .float32, shape: [1, 8]))
            let axes = graph.addValue(
                Value(name: "axes", type: .int32, shape: [1], constant: TensorData([Int32(0)])))
            graph.addNode(Node(operation, inputs: operation is Reduce ? [x, axes] : [x], outputs: [y]))
            graph.setInterface(inputs: [x], outputs: [y])
            let plan = try Plan(Model(format: .tflite, graphs: [graph]))
            #expect(plan.batched(by: 4) == nil)
            #expect(plan.profitablyBatched() == nil)
        }
    }
}
