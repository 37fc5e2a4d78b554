import ModelGraph
import Operators
import Runtime
import Testing

/// Sums that are added up by the convolution before them.
@Suite struct ResidualSumTests {
    private struct Builder {
        var graph = Graph(name: "main")
        var generator = Generator(state: 3)
        let layout: TensorLayout
        let channels: Int
        let x: ValueID

        init(_ layout: TensorLayout, channels: Int) {
            (self.layout, self.channels) = (layout, channels)
            let shape = Shape(layout == .channelsLast ? [2, 6, 7, channels] : [2, channels, 6, 7])
            x = graph.addValue(Value(name: "x", type: .float32, shape: shape))
        }

        private mutating func constant(_ sizes: [Int]) -> ValueID {
            let numbers = RandomGraph.floats(sizes.reduce(1, *), &generator)
            return graph.addValue(
                Value(name: "w", type: .float32, shape: Shape(sizes), constant: TensorData(numbers)))
        }

        mutating func add(_ operation: any ModelGraph.Operation, _ inputs: [ValueID]) -> ValueID {
            let value = graph.addValue(Value(name: "y", type: .float32, shape: graph[x].shape))
            graph.addNode(Node(operation, inputs: inputs, outputs: [value]))
            return value
        }

        mutating func convolution(of input: ValueID, kernel: Int = 3) -> ValueID {
            let window = [kernel, kernel]
            let w = constant(
                layout == .channelsLast ? [channels] + window + [channels] : [channels, channels] + window)
            let operation = Convolution(strides: [1, 1], padding: .same, layout: layout)
            return add(operation, [input, w, constant([channels])])
        }

        mutating func model(_ outputs: [ValueID]) -> Model {
            graph.setInterface(inputs: [x], outputs: outputs)
            return Model(format: layout == .channelsLast ? .tflite : .onnx, graphs: [graph])
        }
    }

    private func plan(_ model: Model, joins: Bool, _ set: InstructionSet? = nil) throws -> Plan {
        var options = PlanOptions()
        options.joinsOperators = joins
        options.instructionSet = set
        return try Plan(model, options: options)
    }

    /// The joined model has so many sums of its own, and the same bits.
    private func check(_ model: Model, sums: Int) throws {
        for set in KernelVariantTests.variants {
            let (joined, apart) = (try plan(model, joins: true, set), try plan(model, joins: false, set))
            #expect(joined.steps.count { $0.operation == "Add" } == sums)
            #expect(joined.arenaByteCount <= apart.arenaByteCount)
            #expect(try RandomGraph.run(joined) == RandomGraph.run(apart))
        }
    }

    @Test(arguments: [TensorLayout.channelsLast, .channelsFirst], [5, 16, 35])
    func sumsAreJoined(_ layout: TensorLayout, _ channels: Int) throws {
        for order in [[0, 1], [1, 0]] {
            var builder = Builder(layout, channels: channels)
            // The input itself, then what no one reads any more, in whose place the result goes.
            let first = builder.convolution(of: builder.x)
            let sum = builder.add(Binary(.add, activation: .relu), order.map { [first, builder.x][$0] })
            let second = builder.convolution(of: sum, kernel: 1)
            let shortcut = builder.convolution(of: sum)
            let result = builder.add(Binary(.add, activation: .none), order.map { [second, shortcut][$0] })
            try check(builder.model([result]), sums: 0)
        }
    }

    /// What somebody else reads, or what is no tensor of the result's shape, is not joined.
    @Test func othersStay() throws {
        var builder = Builder(.channelsLast, channels: 5)
        let read = builder.convolution(of: builder.x)
        let sum = builder.add(Binary(.add), [read, builder.x])
        let difference = builder.add(Binary(.subtract), [builder.convolution(of: sum), read])
        let doubled = builder.convolution(of: difference)
        try check(builder.model([builder.add(Binary(.add), [doubled, doubled])]), sums: 2)
    }

    /// The input is read by the window, and is added: nothing may be written over it.
    @Test func anOperandThatIsReadTwiceIsKept() throws {
        var builder = Builder(.channelsLast, channels: 17)
        let x = builder.add(Unary(.relu), [builder.x])
        let y = builder.convolution(of: x)
        try check(builder.model([builder.add(Binary(.add), [y, x])]), sums: 0)
    }
}
