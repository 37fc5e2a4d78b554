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

    @Test func valuesAreCountedByInterval() {
        let values: [Float] = [
            -5, -1, 0, 0.5, 0.75, 1, 1.5, 2, 9, .nan, .infinity, -.infinity, 0.5, 0.5, 0.5, 0.5, 0.5, 0,
        ]
        var counts: [UInt64] = [1, 0, 0]
        values.withUnsafeBufferPointer { Histogram.count($0, from: -1, to: 2, in: &counts) }
        // numpy.clip((v + 1) // 1, 0, 2), without zeros and what is not finite.
        #expect(counts == [3, 7, 4])
    }
}
