import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct CancelTransposesTests {
    private var random = SeededGenerator(seed: 5)
    private var builder = GraphBuilder()

    private mutating func transpose(_ x: ValueID, _ axes: [Int32], _ name: String, _ shape: Shape) -> ValueID {
        builder.node(Transpose(), [x, builder.constant("\(name)/axes", axes)], name, shape)
    }

    @Test mutating func inversesAreNothingAndOthersBecomeOne() throws {
        let x = builder.input("x", [1, 2, 3, 4])
        var value = builder.node(Unary(.abs), [x], "a", [1, 2, 3, 4])
        value = transpose(value, [0, 2, 3, 1], "p", [1, 3, 4, 2])
        value = transpose(value, [0, 3, 1, 2], "q", [1, 2, 3, 4])
        value = builder.node(Unary(.negate), [value], "b", [1, 2, 3, 4])
        value = transpose(value, [0, 2, 3, 1], "r", [1, 3, 4, 2])
        let y = transpose(value, [0, 2, 1, 3], "y", [1, 4, 3, 2])
        #expect(
            try PassRun.text("cancel-transposes", on: builder.finish(y), tolerance: 0) == """
                x: float32 [1, 2, 3, 4]
                a: float32 [1, 2, 3, 4] = Abs(x)
                b: float32 [1, 2, 3, 4] = Negate(a)
                y: float32 [1, 4, 3, 2] = Transpose(b, y/permutation: int32 [4])
                → y
                """)
    }

    @Test mutating func aTransposeMovesThroughActivationsWithParameters() throws {
        let x = builder.input("x", [1, 2, 3, 4])
        let shape: Shape = [1, 3, 4, 2]
        var value = transpose(x, [0, 2, 3, 1], "p", shape)
        value = builder.node(ParametricUnary(.leakyRelu, alpha: 0.1), [value], "leaky", shape)
        value = builder.node(
            Clip(), [value, builder.constant("low", [], [-1]), builder.constant("high", [], [2])], "clipped", shape)
        value = builder.node(Gelu(), [value], "gelu", shape)
        let model = builder.finish(transpose(value, [0, 3, 1, 2], "y", [1, 2, 3, 4]))
        let result = try PassRun.apply("cancel-transposes", to: model).model
        #expect(!result.main.order.contains { result.main[$0].operation is Transpose })
        let inputs = PassRun.randomInputs(model, seed: 1)
        #expect(try PassRun.runtime(model, inputs) == PassRun.runtime(result, inputs))
    }

    /// A residual block whose halves come from and go to another layout.
    @Test mutating func aTransposeMovesThroughWhatWorksByElement() throws {
        let x = builder.input("x", [1, 2, 3, 4])
        let z = builder.input("z", [1, 2, 3, 4])
        let shape: Shape = [1, 3, 4, 2]
        var value = transpose(x, [0, 2, 3, 1], "p", shape)
        value = builder.node(Binary(.multiply), [value, builder.constant("c", [2], [2, 3])], "scaled", shape)
        value = builder.node(Unary(.relu), [value], "clamped", shape)
        let other = transpose(z, [0, 2, 3, 1], "q", shape)
        let table = builder.constant("table", [3, 4, 2], random.floats(24))
        let shifted = builder.node(Binary(.add), [table, other], "shifted", shape)
        value = builder.node(Binary(.add), [value, shifted], "sum", shape)
        value = builder.node(Concatenation(axis: -1), [value, shifted], "joined", [1, 3, 4, 4])
        value = builder.node(
            Pad(), [value, builder.amounts("amounts", [0, 0, 1, 0, 0, 2, 0, 0])], "padded", [1, 4, 6, 4])
        let y = transpose(value, [0, 3, 1, 2], "y", [1, 4, 4, 6])
        let model = builder.finish(y)
        #expect(
            try PassRun.text("cancel-transposes", on: model, tolerance: 0) == """
                x: float32 [1, 2, 3, 4]
                z: float32 [1, 2, 3, 4]
                scaled: float32 [1, 2, 3, 4] = Multiply(x, c/transposed: float32 [2, 1, 1])
                clamped: float32 [1, 2, 3, 4] = Relu(scaled)
                shifted: float32 [1, 2, 3, 4] = Add(table/transposed: float32 [2, 3, 4], z)
                sum: float32 [1, 2, 3, 4] = Add(clamped, shifted)
                joined: float32 [1, 4, 3, 4] = Concatenation(sum, shifted)
                y: float32 [1, 4, 4, 6] = Pad(joined, amounts/transposed: int32 [4, 2])
                → y
                """)
        let inputs = PassRun.randomInputs(model, seed: 1)
        let moved = try PassRun.apply("cancel-transposes", to: model).model
        #expect(try PassRun.runtime(model, inputs) == PassRun.runtime(moved, inputs))
    }

    @Test mutating func aResultThatIsAlsoReadElsewhereIsTransposedThere() throws {
        let x = builder.input("x", [2, 3])
        let z = builder.input("z", [2, 3])
        let sum = builder.node(
            Binary(.add),
            [transpose(x, [1, 0], "p", [3, 2]), transpose(z, [1, 0], "q", [3, 2])], "sum", [3, 2])
        let y = transpose(sum, [1, 0], "y", [2, 3])
        let w = builder.node(Softmax(), [sum], "w", [3, 2])
        let model = builder.finish(y, w)
        let moved = try PassRun.apply("cancel-transposes", to: model).model
        #expect(
            moved.main.text == """
                x: float32 [2, 3]
                z: float32 [2, 3]
                y: float32 [2, 3] = Add(x, z)
                sum: float32 [3, 2] = Transpose(y, sum/permutation: int32 [2])
                w: float32 [3, 2] = Softmax(sum)
                → y, w
                """)
        let inputs = PassRun.randomInputs(model, seed: 1)
        #expect(try PassRun.runtime(model, inputs) == PassRun.runtime(moved, inputs))
    }

    @Test mutating func whatSavesNothingStays() throws {
        let x = builder.input("x", [2, 3])
        let z = builder.input("z", [3, 2])
        // One comes from elsewhere, so that another transpose would take the place of the last.
        let first = transpose(x, [1, 0], "p", [3, 2])
        let sum = builder.node(Binary(.add), [first, z], "sum", [3, 2])
        let y = transpose(sum, [1, 0], "y", [2, 3])
        let model = builder.finish(y, first)
        #expect(try PassRun.apply("cancel-transposes", to: model).records[0].patches.isEmpty)
    }

    @Test mutating func whatKnowsItsAxesStops() throws {
        let x = builder.input("x", [2, 3])
        let first = transpose(x, [1, 0], "p", [3, 2])
        let soft = builder.node(Softmax(), [first], "soft", [3, 2])
        let y = transpose(soft, [1, 0], "y", [2, 3])
        #expect(try PassRun.apply("cancel-transposes", to: builder.finish(y)).records[0].patches.isEmpty)
    }

    /// Random graphs of two layouts compute the same, and never get more transposes.
    @Test(arguments: 0..<60) mutating func randomGraphsComputeTheSame(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        let (first, second): (Shape, Shape) = ([2, 3, 4], [4, 2, 3])
        // Axis i of the second layout is axis [2, 0, 1][i] of the first.
        var values = [[builder.input("x", first)], [builder.input("z", second)]]
        for step in 0..<14 {
            let side = Int.random(in: 0...1, using: &random)
            let shape = side == 0 ? first : second
            let a = values[side].randomElement(using: &random)!
            switch Int.random(in: 0..<5, using: &random) {
            case 0: values[side].append(builder.node(Unary(.negate), [a], "n\(step)", shape))
            case 1:
                let b = values[side].randomElement(using: &random)!
                values[side].append(builder.node(Binary(.add), [a, b], "s\(step)", shape))
            case 2:
                let size = shape.sizes!.last!
                let c = builder.constant("c\(step)", [size], random.floats(size))
                values[side].append(builder.node(Binary(.multiply), [a, c], "m\(step)", shape))
            default:
                values[1 - side].append(
                    transpose(a, side == 0 ? [2, 0, 1] : [1, 2, 0], "t\(step)", side == 0 ? second : first))
            }
        }
        let model = builder.finish(values[0].last!, values[1].last!)
        let result = try PassRun.apply("cancel-transposes", to: model).model
        try PassRun.expectSameResults(model, result, tolerance: 1e-12)
        let count = { (graph: Graph) in graph.order.count { graph[$0].operation is Transpose } }
        #expect(count(result.main) <= count(model.main))
    }
}
