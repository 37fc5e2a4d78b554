import ModelGraph
import Operators
import Runtime
import Testing

/// Operators on real numbers that run as one.
@Suite struct RealGroupTests {
    /// Nodes of one operand after the other, or of the one before last and the last.
    private static func graph(_ operations: [(any ModelGraph.Operation, [Int])], outputs: [Int]) -> Model {
        var graph = Graph(name: "main")
        let sizes: Shape = [2, 3, 5]
        var values = [graph.addValue(Value(name: "x", type: .float32, shape: sizes))]
        for (index, (operation, inputs)) in operations.enumerated() {
            let value = graph.addValue(Value(name: "y\(index)", type: .float32, shape: sizes))
            graph.addNode(Node(operation, inputs: inputs.map { values[$0] }, outputs: [value]))
            values.append(value)
        }
        graph.setInterface(inputs: [values[0]], outputs: outputs.map { values[$0] })
        return Model(format: .onnx, graphs: [graph])
    }

    private static func names(_ model: Model, joins: Bool = true) throws -> [String] {
        var options = PlanOptions()
        options.joinsOperators = joins
        return try Plan(model, options: options).steps.map(\.operation)
    }

    private static func run(_ model: Model, joins: Bool) throws -> [Float] {
        var options = PlanOptions()
        options.joinsOperators = joins
        let bytes = try RandomGraph.run(Plan(model, options: options))
        return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    @Test func gatesBecomeOneFunction() throws {
        for order in [[0, 1], [1, 0]] {
            let swish = Self.graph([(Unary(.logistic), [0]), (Binary(.multiply), order)], outputs: [2])
            #expect(try Self.names(swish) == ["Swish"])
            let (joined, apart) = try (Self.run(swish, joins: true), Self.run(swish, joins: false))
            for (a, b) in zip(joined, apart) { #expect(abs(a - b) <= 1e-6 * abs(b)) }
        }
        let gate = ParametricUnary(.hardSigmoid, alpha: 1 / 6, beta: 0.5)
        let hardSwish = Self.graph([(gate, [0]), (Binary(.multiply), [0, 1])], outputs: [2])
        #expect(try Self.names(hardSwish) == ["HardSwish"])
        let (joined, apart) = try (Self.run(hardSwish, joins: true), Self.run(hardSwish, joins: false))
        for (a, b) in zip(joined, apart) { #expect(abs(a - b) <= 1e-6) }
    }

    @Test func sumsTakeTheirActivation() throws {
        let model = Self.graph([(Binary(.add), [0, 0]), (Unary(.relu6), [1])], outputs: [2])
        #expect(try Self.names(model) == ["Add"])
        let (joined, apart) = try (Self.run(model, joins: true), Self.run(model, joins: false))
        #expect(joined == apart)
    }

    /// Clamps alone, where all other values are to be seen.
    @Test func clampsAreJoinedByThemselves() throws {
        let operations: [(any ModelGraph.Operation, [Int])] = [
            (Binary(.add), [0, 0]), (Unary(.relu6), [1]), (Unary(.logistic), [2]), (Binary(.multiply), [2, 3]),
        ]
        var options = PlanOptions()
        (options.joinsOperators, options.joinsClamps) = (false, true)
        let model = Self.graph(operations, outputs: [4])
        let plan = try Plan(model, options: options)
        #expect(plan.steps.map(\.operation) == ["Add", "Logistic", "Multiply"])
        let bytes = try RandomGraph.run(plan)
        #expect(bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } == (try Self.run(model, joins: false)))
        options.keepsAllValues = true
        #expect(try Plan(model, options: options).steps.count == 4)
    }

    /// What somebody else reads stays: another operator, or who runs the model.
    @Test func valuesThatAreReadStay() throws {
        let gate: [(any ModelGraph.Operation, [Int])] = [(Unary(.logistic), [0]), (Binary(.multiply), [0, 1])]
        #expect(try Self.names(Self.graph(gate, outputs: [1, 2])) == ["Logistic", "Multiply"])
        let twice = gate + [(Binary(.add), [1, 2])]
        #expect(try Self.names(Self.graph(twice, outputs: [3])) == ["Logistic", "Multiply", "Add"])
        #expect(try Self.names(Self.graph(gate, outputs: [2]), joins: false) == ["Logistic", "Multiply"])
        // Another hard sigmoid is none of a hard swish.
        let other = ParametricUnary(.hardSigmoid, alpha: 0.2, beta: 0.5)
        let product = Self.graph([(other, [0]), (Binary(.multiply), [0, 1])], outputs: [2])
        #expect(try Self.names(product) == ["HardSigmoid", "Multiply"])
    }

    @Test func normalizationsBecomeWeights() throws {
        var generator = Generator(state: 3)
        var graph = Graph(name: "main")
        func value(_ name: String, _ sizes: [Int], _ range: ClosedRange<Float>? = nil) -> ValueID {
            let numbers = range.map { range in
                TensorData((0..<sizes.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) })
            }
            return graph.addValue(Value(name: name, type: .float32, shape: Shape(sizes), constant: numbers))
        }
        let x = value("x", [1, 4, 5, 6])
        let convolution = Convolution(strides: [1, 1], groups: 2, layout: .channelsFirst)
        let (sums, normal, y) = (
            value("sums", [1, 6, 5, 6]), value("normal", [1, 6, 5, 6]), value("y", [1, 6, 5, 6])
        )
        let weights = value("w", [6, 2, 1, 1], -1...1)
        graph.addNode(Node(convolution, inputs: [x, weights, value("b", [6], -1...1)], outputs: [sums]))
        let factors = [
            value("scale", [6], 0.5...2), value("offset", [6], -1...1), value("mean", [6], -1...1),
            value("variance", [6], 0.1...3),
        ]
        graph.addNode(Node(BatchNormalization(), inputs: [sums] + factors, outputs: [normal]))
        graph.addNode(Node(Unary(.relu), inputs: [normal], outputs: [y]))
        graph.setInterface(inputs: [x], outputs: [y])
        let model = Model(format: .onnx, graphs: [graph])
        let names = try Self.names(model)
        #expect(names.contains("Convolution") && !names.contains("BatchNormalization") && !names.contains("Relu"))
        let (joined, apart) = try (Self.run(model, joins: true), Self.run(model, joins: false))
        for (a, b) in zip(joined, apart) { #expect(abs(a - b) <= 2e-6 * (1 + abs(b))) }
    }
}
