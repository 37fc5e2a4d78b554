import ModelGraph
import Operators
import Runtime
import Testing

@testable import Optimization

@Suite struct CleanUpTests {
    @Test func eachPassFindsWhatTheOthersLeave() throws {
        var random = SeededGenerator(seed: 9)
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4, 4, 2])
        // The shift of the constants is zero, the reshapes cancel, the transposes meet behind them, then the norm folds.
        let w = builder.constant("w", [3, 1, 1, 2], random.floats(6))
        var value = builder.node(Convolution(strides: [1, 1]), [x, w], "conv", [1, 4, 4, 3])
        value = builder.node(
            Transpose(), [value, builder.constant("p", [0, 3, 1, 2])], "first", [1, 3, 4, 4])
        value = builder.node(Reshape(), [value, builder.constant("s", [3, 16])], "flat", [3, 16])
        value = builder.node(Reshape(), [value, builder.constant("t", [1, 3, 4, 4])], "back", [1, 3, 4, 4])
        let zero = builder.node(
            Binary(.subtract), [builder.constant("a", [1], [2]), builder.constant("b", [1], [2])], "zero", [1])
        value = builder.node(Binary(.add), [value, zero], "same", [1, 3, 4, 4])
        value = builder.node(
            Transpose(), [value, builder.constant("q", [0, 2, 3, 1])], "last", [1, 4, 4, 3])
        value = builder.node(
            Binary(.multiply), [value, builder.constant("g", [3], random.floats(3))], "scaled", [1, 4, 4, 3])
        let y = builder.node(Unary(.relu), [value], "y", [1, 4, 4, 3])
        #expect(
            try PassRun.text("clean-up", on: builder.finish(y)) == """
                x: float32 [1, 4, 4, 2]
                y: float32 [1, 4, 4, 3] = Convolution(x, w: float32 [3, 1, 1, 2], conv/bias: float32 [3])
                → y
                """)
    }

    @Test func thePassesAreNamedOnceAndInOrder() {
        #expect(Pipeline.defaultPasses == ["prune", "quantize", "fold-batchnorm"])
        #expect(Set(Pipeline.passes.map(\.name)).count == Pipeline.passes.count)
        #expect(Set(Pipeline.cleanUpPasses).isSubset(of: Pipeline.passes.map(\.name)))
        #expect(Pipeline.cleanUpPasses.first == "fold-constants")
    }

    @Test func whatStoodUnusedAtFirstStays() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [2])
        builder.node(Unary(.abs), [x], "unused", [2])
        let y = builder.node(Unary(.negate), [x], "y", [2])
        let model = builder.finish(y)
        #expect(try PassRun.apply("clean-up", to: model).model.main.text == model.main.text)
    }

    @Test func aLimitOfPatchesStopsInBetween() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [2])
        let a = builder.node(Unary(.abs), [x], "a", [2])
        let b = builder.node(Identity(), [a], "b", [2])
        let c = builder.node(Identity(), [b], "c", [2])
        let y = builder.node(Unary(.negate), [c], "y", [2])
        var settings = PipelineSettings()
        settings.passes = ["clean-up"]
        settings.patchLimit = 1
        let result = try Pipeline.run(
            builder.finish(y), settings: settings, calibration: nil, threads: ThreadPool(threads: 1))
        #expect(result.model.main.order.count == 3)
    }
}
