import ModelGraph
import Operators
import Testing

/// The evaluator that other tests compare with, against onnxruntime 1.31.1.
///
/// Operands hold (i·k mod m − ⌊m/2⌋)/4 for the element number i, so that all results are exact.
@Suite struct ReferenceEvaluatorTests {
    private func sequence(_ count: Int, _ k: Int, _ m: Int) -> [Float] {
        (0..<count).map { Float($0 * k % m - m / 2) / 4 }
    }

    private func run(_ model: Model, _ input: [Float]) throws -> [Double] {
        try ReferenceEvaluator.run(model.main, [input])[0]
    }

    @Test func groupedConvolutionWithPadding() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4, 3, 3])
        let w = builder.constant("w", [2, 2, 2, 2], sequence(16, 5, 9))
        let b = builder.constant("b", [2], sequence(2, 1, 3))
        let padding = Padding.explicit([.init(before: 1, after: 0), .init(before: 0, after: 1)])
        let y = builder.node(
            Convolution(strides: [2, 1], padding: padding, groups: 2, layout: .channelsFirst), [x, w, b], "y",
            [1, 2, 2, 3])
        #expect(
            try run(builder.finish(y), sequence(36, 7, 11)) == [
                0.5, -2.0625, 0.4375, -3.625, 1.1875, 0.375, -0.0625, -0.0625, 0.1875, -1.75, 0.625, -0.4375,
            ])
    }

    @Test func groupedTransposedConvolution() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4, 2, 2])
        let w = builder.constant("w", [4, 1, 2, 3], sequence(24, 5, 9))
        let b = builder.constant("b", [2], sequence(2, 1, 3))
        let padding = Padding.explicit([.init(before: 0, after: 1), .init(before: 1, after: 1)])
        let y = builder.node(
            TransposedConvolution(strides: [2, 1], padding: padding, outputPadding: [1, 0], groups: 2), [x, w, b], "y",
            [1, 2, 4, 2])
        #expect(
            try run(builder.finish(y), sequence(16, 7, 11)) == [
                -0.625, 0.0625, 1.4375, -1.8125, -0.625, 0.4375, 0.875, -2.0, 1.5, -1.625, -1.6875, 1.375, -0.4375,
                -0.4375, -0.4375, -0.4375,
            ])
    }

    @Test func batchNormalization() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2, 1, 2])
        let operands = [
            x, builder.constant("g", [2], sequence(2, 3, 7)), builder.constant("b", [2], sequence(2, 5, 9)),
            builder.constant("m", [2], sequence(2, 1, 3)), builder.constant("v", [2], [0.5, 3.5]),
        ]
        let y = builder.node(BatchNormalization(epsilon: 0.5), operands, "y", [1, 2, 1, 2])
        #expect(try run(builder.finish(y), sequence(4, 7, 11)) == [-0.25, -1.5625, 0.25, 0.25])
    }

    @Test func generalMatrixProduct() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [3, 2])
        let w = builder.constant("w", [2, 3], sequence(6, 5, 9))
        let c = builder.constant("c", [2], sequence(2, 1, 3))
        let y = builder.node(
            Gemm(alpha: 0.5, beta: 2, transposesA: true, transposesB: true), [x, w, c], "y", [2, 2])
        #expect(try run(builder.finish(y), sequence(6, 7, 11)) == [-0.03125, -0.09375, -0.3125, -0.46875])
    }

    @Test(arguments: [
        (Pool.Kind.max, [-1.25, 0.5, 0.5, 1.25, 1.25, 0.25]),
        (.average, [-1.25, -0.375, 0, 1.125, 0.625, -0.375]),
    ])
    func pooling(kind: Pool.Kind, expected: [Double]) throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 1, 3, 3])
        let padding = Padding.explicit([.init(before: 1, after: 0), .init(before: 1, after: 0)])
        let y = builder.node(
            Pool(kind, window: [2, 2], strides: [2, 1], padding: padding, layout: .channelsFirst), [x], "y",
            [1, 1, 2, 3])
        #expect(try run(builder.finish(y), sequence(9, 7, 11)) == expected)
    }
}
