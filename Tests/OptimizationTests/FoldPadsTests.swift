import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct FoldPadsTests {
    private var random = SeededGenerator(seed: 3)
    private var builder = GraphBuilder()

    @Test mutating func intoAConvolutionThatPadsByAmounts() throws {
        let x = builder.input("x", [1, 2, 4, 4])
        let padded = builder.node(
            Pad(), [x, builder.amounts("amounts", [0, 0, 0, 0, 1, 0, 0, 2])], "padded", [1, 2, 5, 6])
        let w = builder.constant("w", [2, 2, 2, 2], random.floats(16))
        let padding = Padding.explicit([.init(before: 1, after: 0), .init(before: 0, after: 0)])
        let y = builder.node(
            Convolution(strides: [1, 1], padding: padding, layout: .channelsFirst), [padded, w], "y", [1, 2, 5, 5])
        let model = builder.finish(y, format: .onnx)
        #expect(
            try PassRun.text("fold-pads", on: model, tolerance: 0) == """
                x: float32 [1, 2, 4, 4]
                y: float32 [1, 2, 5, 5] = Convolution(x, w: float32 [2, 2, 2, 2])
                → y
                """)
        let graph = try PassRun.apply("fold-pads", to: model).model.main
        #expect(
            (graph[graph.order[0]].operation as? Convolution)?.padding
                == .explicit([.init(before: 2, after: 0), .init(before: 0, after: 2)]))
    }

    /// The padding of Keras' MobileNet: none before, one behind, which is what `same` is for an even extent.
    @Test(arguments: [true, false]) mutating func intoSameWhereThatReadsTheSame(isDepthwise: Bool) throws {
        let x = builder.input("x", [1, 4, 4, 2])
        let padded = builder.node(
            Pad(), [x, builder.amounts("amounts", [0, 0, 0, 1, 0, 1, 0, 0])], "padded", [1, 5, 5, 2])
        let w = builder.constant("w", isDepthwise ? [1, 3, 3, 2] : [2, 3, 3, 1], random.floats(18))
        let operation: any Operation =
            isDepthwise
            ? DepthwiseConvolution(strides: [2, 2]) : Convolution(strides: [2, 2], groups: 2)
        let y = builder.node(operation, [padded, w], "y", [1, 2, 2, 2])
        let model = builder.finish(y)
        let text = try PassRun.text("fold-pads", on: model, tolerance: 0)
        #expect(text.split(separator: "\n").count == 3)
        let inputs = PassRun.randomInputs(model, seed: 1)
        let folded = try PassRun.apply("fold-pads", to: model).model
        #expect(try PassRun.runtime(model, inputs) == PassRun.runtime(folded, inputs))
    }

    @Test mutating func otherAmountsStayInTFLite() throws {
        let x = builder.input("x", [1, 4, 4, 2])
        let padded = builder.node(
            Pad(), [x, builder.amounts("amounts", [0, 0, 1, 1, 1, 1, 0, 0])], "padded", [1, 6, 6, 2])
        let w = builder.constant("w", [2, 3, 3, 2], random.floats(36))
        let y = builder.node(Convolution(strides: [2, 2]), [padded, w], "y", [1, 2, 2, 2])
        #expect(try PassRun.apply("fold-pads", to: builder.finish(y)).records[0].patches.isEmpty)
    }

    @Test mutating func othersThanZerosAndOtherAxesStay() throws {
        let x = builder.input("x", [1, 2, 4, 4])
        let w = builder.constant("w", [2, 2, 2, 2], random.floats(16))
        let conv = Convolution(strides: [1, 1], layout: .channelsFirst)
        let one = builder.node(
            Pad(), [x, builder.amounts("p", [0, 0, 0, 0, 1, 0, 0, 0]), builder.constant("one", [], [1])], "one",
            [1, 2, 5, 4])
        let a = builder.node(conv, [one, w], "a", [1, 2, 4, 3])
        let batch = builder.node(Pad(), [x, builder.amounts("q", [1, 0, 0, 0, 0, 0, 0, 0])], "batch", [2, 2, 4, 4])
        let b = builder.node(conv, [batch, w], "b", [2, 2, 3, 3])
        #expect(try PassRun.apply("fold-pads", to: builder.finish(a, b, format: .onnx)).records[0].patches.isEmpty)
    }

    @Test(arguments: [
        (Pool.Kind.max, Unary.Kind.relu, true), (.max, .negate, false), (.average, .relu, false),
    ])
    mutating func intoAPoolOnlyWhereZerosChangeNothing(kind: Pool.Kind, before: Unary.Kind, folds: Bool) throws {
        let x = builder.input("x", [1, 2, 4, 4])
        let real = builder.node(Unary(before), [x], "real", [1, 2, 4, 4])
        let padded = builder.node(
            Pad(), [real, builder.amounts("p", [0, 0, 0, 0, 1, 1, 1, 1])], "padded", [1, 2, 6, 6])
        let y = builder.node(
            Pool(kind, window: [3, 3], strides: [2, 2], layout: .channelsFirst), [padded], "y", [1, 2, 2, 2])
        let model = builder.finish(y, format: .onnx)
        #expect(try PassRun.apply("fold-pads", to: model).records[0].patches.isEmpty == !folds)
        _ = try PassRun.text("fold-pads", on: model, tolerance: 0)
    }

    @Test mutating func windowsWithoutARealElementStay() throws {
        let x = builder.input("x", [1, 1, 2, 2])
        let real = builder.node(Unary(.relu), [x], "real", [1, 1, 2, 2])
        let padded = builder.node(
            Pad(), [real, builder.amounts("p", [0, 0, 0, 0, 2, 0, 0, 0])], "padded", [1, 1, 4, 2])
        let y = builder.node(
            Pool(.max, window: [2, 2], strides: [2, 1], layout: .channelsFirst), [padded], "y", [1, 1, 2, 1])
        #expect(try PassRun.apply("fold-pads", to: builder.finish(y, format: .onnx)).records[0].patches.isEmpty)
    }
}
