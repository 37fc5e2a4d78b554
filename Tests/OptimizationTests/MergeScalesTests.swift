import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct MergeScalesTests {
    private var random = SeededGenerator(seed: 11)
    private var builder = GraphBuilder()

    @Test(arguments: [[3] as Shape, [3, 1, 1]]) mutating func aChainBecomesOneOfEach(shape: Shape) throws {
        let x = builder.input("x", [2, 3, 3, 3])
        let size: Shape = [2, 3, 3, 3]
        var value = builder.node(Binary(.add), [x, builder.constant("a", shape, random.floats(3))], "1", size)
        value = builder.node(Binary(.multiply), [value, builder.constant("b", [1], [2.5])], "2", size)
        value = builder.node(Binary(.subtract), [builder.constant("c", shape, random.floats(3)), value], "3", size)
        let y = builder.node(
            Binary(.divide, activation: .relu6), [value, builder.constant("d", shape, [2, 3, 4])], "y", size)
        let model = builder.finish(y)
        #expect(
            try PassRun.text("merge-scales", on: model) == """
                x: float32 [2, 3, 3, 3]
                y/product: float32 [2, 3, 3, 3] = Multiply(x, y/scale: float32 \(shape))
                y: float32 [2, 3, 3, 3] = Add(y/product, y/offset: float32 \(shape))
                → y
                """)
        let merged = try PassRun.apply("merge-scales", to: model).model
        let inputs = PassRun.randomInputs(model, seed: 1)
        let (a, b) = (try PassRun.runtime(model, inputs), try PassRun.runtime(merged, inputs))
        #expect(PassRun.difference(a.map { $0.map(Double.init) }, b.map { $0.map(Double.init) }) < 1e-5)
    }

    @Test mutating func twoOfAKindBecomeOneAndOpposedOnesNone() throws {
        let x = builder.input("x", [2])
        let p = builder.node(Unary(.abs), [x], "p", [2])
        var value = builder.node(Binary(.add), [p, builder.constant("a", [1], [2])], "q", [2])
        value = builder.node(Binary(.subtract), [value, builder.constant("b", [], [2])], "r", [2])
        value = builder.node(Unary(.abs), [value], "s", [2])
        value = builder.node(Binary(.multiply), [value, builder.constant("c", [2], [2, 3])], "t", [2])
        let y = builder.node(Binary(.multiply), [value, builder.constant("d", [2], [4, 5])], "y", [2])
        #expect(
            try PassRun.text("merge-scales", on: builder.finish(y), tolerance: 1e-6) == """
                x: float32 [2]
                p: float32 [2] = Abs(x)
                s: float32 [2] = Abs(p)
                y: float32 [2] = Multiply(s, y/scale: float32 [2])
                → y
                """)
    }

    @Test mutating func whatGetsNoShorterStays() throws {
        let x = builder.input("x", [2, 2])
        let mean = builder.node(Binary(.subtract), [x, builder.constant("a", [2], [1, 2])], "centred", [2, 2])
        let scaled = builder.node(Binary(.multiply), [mean, builder.constant("b", [2], [3, 4])], "scaled", [2, 2])
        // Along another axis.
        let rows = builder.node(Binary(.multiply), [scaled, builder.constant("c", [2, 1], [3, 4])], "rows", [2, 2])
        let full = builder.node(
            Binary(.multiply), [rows, builder.constant("d", [2, 2], [1, 2, 3, 4])], "full", [2, 2])
        #expect(try PassRun.apply("merge-scales", to: builder.finish(full)).records[0].patches.isEmpty)
    }

    @Test mutating func aResultThatIsReadElsewhereEndsTheChain() throws {
        let x = builder.input("x", [2])
        let a = builder.node(Binary(.multiply), [x, builder.constant("a", [2], [3, 4])], "p", [2])
        let b = builder.node(Binary(.multiply), [a, builder.constant("b", [2], [3, 4])], "q", [2])
        #expect(try PassRun.apply("merge-scales", to: builder.finish(a, b)).records[0].patches.isEmpty)
    }
}
