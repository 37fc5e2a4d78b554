import ModelGraph
import Operators
import Testing

@testable import Optimization

/// Folding of the operator BatchNormalization, and of norms that are spelled out with the channels first.
@Suite struct FoldBatchNormalizationTests {
    private var random = SeededGenerator(seed: 7)
    private var builder = GraphBuilder()

    @Test(arguments: [(1, true), (1, false), (2, true), (4, false)])
    mutating func behindAConvolution(groups: Int, hasBias: Bool) throws {
        let x = builder.input("x", [1, 4, 5, 5])
        let w = builder.constant("w", [8, 4 / groups, 3, 3], random.floats(8 * 4 / groups * 9))
        let b = hasBias ? builder.constant("b", [8], random.floats(8)) : nil
        let padding = Padding.explicit([.init(before: 1, after: 1), .init(before: 1, after: 1)])
        let conv = builder.node(
            Convolution(strides: [2, 2], padding: padding, groups: groups, layout: .channelsFirst),
            [x, w] + (b.map { [$0] } ?? []), "conv", [1, 8, 3, 3])
        let y = builder.batchNorm(conv, "y", channels: 8, [1, 8, 3, 3], random: &random)
        let bias = hasBias ? "b" : "conv/bias"
        #expect(
            try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx)) == """
                x: float32 [1, 4, 5, 5]
                y: float32 [1, 8, 3, 3] = Convolution(x, w: float32 [8, \(4 / groups), 3, 3], \(bias): float32 [8])
                → y
                """)
    }

    @Test mutating func behindAConvolutionWithTheChannelsLastAndADepthwiseOne() throws {
        let x = builder.input("x", [1, 4, 4, 2])
        let w = builder.constant("w", [1, 3, 3, 4], random.floats(36))
        let depthwise = builder.node(
            DepthwiseConvolution(strides: [1, 1], multiplier: 2), [x, w], "depthwise", [1, 2, 2, 4])
        let first = builder.batchNorm(
            depthwise, "first", channels: 4, [1, 2, 2, 4], layout: .channelsLast, random: &random)
        let v = builder.constant("v", [3, 1, 1, 4], random.floats(12))
        let conv = builder.node(Convolution(strides: [1, 1]), [first, v], "conv", [1, 2, 2, 3])
        let y = builder.batchNorm(conv, "y", channels: 3, [1, 2, 2, 3], layout: .channelsLast, random: &random)
        let model = builder.finish(y)
        let result = try PassRun.apply("fold-batchnorm", to: model)
        #expect(result.model.main.order.count == 2)
        try PassRun.expectSameResults(model, result.model)
        // The core knows no BatchNormalization, but what is left of them.
        let inputs = PassRun.randomInputs(model, seed: 1)
        let expected = try ReferenceEvaluator.run(model.main, inputs)
        let actual = try PassRun.runtime(result.model, inputs).map { $0.map(Double.init) }
        #expect(PassRun.difference(expected, actual) < 1e-5)
    }

    @Test(arguments: [1, 2]) mutating func behindATransposedConvolution(groups: Int) throws {
        let x = builder.input("x", [1, 4, 3, 3])
        let scaled = builder.node(
            Binary(.multiply), [x, builder.constant("g", [4, 1, 1], random.floats(4))], "scaled", [1, 4, 3, 3])
        let w = builder.constant("w", [4, 6 / groups, 2, 3], random.floats(4 * 6 / groups * 6))
        let padding = Padding.explicit([.init(before: 1, after: 0), .init(before: 0, after: 1)])
        let operation = TransposedConvolution(strides: [2, 2], padding: padding, groups: groups)
        let conv = builder.node(operation, [scaled, w], "conv", [1, 6, 5, 6])
        let y = builder.batchNorm(conv, "y", channels: 6, [1, 6, 5, 6], random: &random)
        #expect(
            try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx)) == """
                x: float32 [1, 4, 3, 3]
                y: float32 [1, 6, 5, 6] = TransposedConvolution(x, w: float32 [4, \(6 / groups), 2, 3], \
                conv/bias: float32 [6])
                → y
                """)
    }

    @Test mutating func aShiftBeforeATransposedConvolutionIsRefused() throws {
        let x = builder.input("x", [1, 2, 3, 3])
        let norm = builder.batchNorm(x, "norm", channels: 2, [1, 2, 3, 3], random: &random)
        let w = builder.constant("w", [2, 3, 2, 2], random.floats(24))
        let y = builder.node(TransposedConvolution(strides: [2, 2]), [norm, w], "y", [1, 3, 6, 6])
        let result = try PassRun.apply("fold-batchnorm", to: builder.finish(y, format: .onnx))
        #expect(result.records[0].patches.isEmpty)
        #expect(
            result.records[0].notes == [
                "stays a normalization, as the border that y behind it pads would miss the shift: norm"
            ])
    }

    @Test mutating func gemmKeepsTheClampBehindIt() throws {
        let x = builder.input("x", [3, 4])
        let w = builder.constant("w", [4, 2], random.floats(8))
        let dense = builder.node(Gemm(), [x, w], "dense", [3, 2])
        let norm = builder.batchNorm(dense, "norm", channels: 2, [3, 2], random: &random)
        let y = builder.node(Unary(.relu), [norm], "y", [3, 2])
        #expect(
            try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx)) == """
                x: float32 [3, 4]
                norm: float32 [3, 2] = Gemm(x, w: float32 [4, 2], dense/bias: float32 [2])
                y: float32 [3, 2] = Relu(norm)
                → y
                """)
    }

    @Test(arguments: [(false, 0), (true, 1), (false, 2)])
    mutating func behindGemm(isTransposed: Bool, biasRank: Int) throws {
        let x = builder.input("x", [3, 4])
        let w = builder.constant("w", isTransposed ? [2, 4] : [4, 2], random.floats(8))
        let shape: Shape = biasRank == 1 ? [2] : [1, 2]
        let c = biasRank > 0 ? builder.constant("c", shape, random.floats(2)) : nil
        let dense = builder.node(
            Gemm(alpha: 0.5, beta: 3, transposesB: isTransposed), [x, w] + (c.map { [$0] } ?? []), "dense", [3, 2])
        let y = builder.batchNorm(dense, "y", channels: 2, [3, 2], random: &random)
        let text = try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx))
        #expect(text.split(separator: "\n").count == 3)
        #expect(text.contains("= Gemm(x, w: float32"))
    }

    @Test mutating func aBiasOfGemmForEachRowIsRefused() throws {
        let x = builder.input("x", [2, 4])
        let w = builder.constant("w", [4, 2], random.floats(8))
        let c = builder.constant("c", [2, 1], random.floats(2))
        let dense = builder.node(Gemm(), [x, w, c], "dense", [2, 2])
        let y = builder.batchNorm(dense, "y", channels: 2, [2, 2], random: &random)
        let result = try PassRun.apply("fold-batchnorm", to: builder.finish(y, format: .onnx))
        #expect(result.records[0].patches.isEmpty)
        #expect(
            result.records[0].notes == [
                "dense keeps its normalization: its bias is not a real constant for each channel"
            ])
    }

    @Test mutating func behindAMatrixProductAnAddStays() throws {
        let x = builder.input("x", [3, 4])
        let w = builder.constant("w", [4, 2], random.floats(8))
        let product = builder.node(MatrixMultiplication(), [x, w], "product", [3, 2])
        let b = builder.constant("b", [2], random.floats(2))
        let sum = builder.node(Binary(.add), [b, product], "sum", [3, 2])
        let y = builder.batchNorm(sum, "y", channels: 2, [3, 2], random: &random)
        #expect(
            try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx)) == """
                x: float32 [3, 4]
                product: float32 [3, 2] = MatrixMultiplication(x, w: float32 [4, 2])
                y: float32 [3, 2] = Add(product, product/bias: float32 [2])
                → y
                """)
    }

    @Test mutating func behindAMatrixProductAScaleGoesWhole() throws {
        let x = builder.input("x", [1, 3, 4])
        let w = builder.constant("w", [4, 2], random.floats(8))
        let product = builder.node(MatrixMultiplication(), [x, w], "product", [1, 3, 2])
        let y = builder.node(
            Binary(.multiply), [product, builder.constant("g", [1, 1, 2], random.floats(2))], "y", [1, 3, 2])
        #expect(
            try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx)) == """
                x: float32 [1, 3, 4]
                y: float32 [1, 3, 2] = MatrixMultiplication(x, w: float32 [4, 2])
                → y
                """)
    }

    @Test mutating func spelledOutWithTheChannelsFirst() throws {
        let x = builder.input("x", [1, 2, 3, 3])
        let w = builder.constant("w", [4, 2, 1, 1], random.floats(8))
        let shape: Shape = [1, 4, 3, 3]
        let conv = builder.node(Convolution(strides: [1, 1], layout: .channelsFirst), [x, w], "conv", shape)
        let mean = builder.constant("mean", [4, 1, 1], random.floats(4))
        let centred = builder.node(Binary(.subtract), [conv, mean], "centred", shape)
        let deviation = builder.constant("deviation", [1, 4, 1, 1], random.floats(4, in: 0.5...2))
        let scaled = builder.node(Binary(.divide), [centred, deviation], "scaled", shape)
        let y = builder.node(Unary(.relu), [scaled], "y", shape)
        // A clamp cannot be said by an ONNX convolution.
        #expect(
            try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx)) == """
                x: float32 [1, 2, 3, 3]
                scaled: float32 [1, 4, 3, 3] = Convolution(x, w: float32 [4, 2, 1, 1], conv/bias: float32 [4])
                y: float32 [1, 4, 3, 3] = Relu(scaled)
                → y
                """)
    }

    @Test mutating func aConstantAlongTheLastAxisIsNotPerChannelWithTheChannelsFirst() throws {
        let x = builder.input("x", [1, 2, 4, 4])
        let w = builder.constant("w", [4, 2, 1, 1], random.floats(8))
        let conv = builder.node(
            Convolution(strides: [1, 1], layout: .channelsFirst), [x, w], "conv", [1, 4, 4, 4])
        let y = builder.node(
            Binary(.multiply), [conv, builder.constant("columns", [4], random.floats(4))], "y", [1, 4, 4, 4])
        #expect(try PassRun.apply("fold-batchnorm", to: builder.finish(y, format: .onnx)).records[0].patches.isEmpty)
    }

    // MARK: Before the linear operator

    @Test(arguments: [1, 2])
    mutating func beforeAConvolutionThatDoesNotPad(groups: Int) throws {
        let x = builder.input("x", [1, 4, 3, 3])
        let norm = builder.batchNorm(x, "norm", channels: 4, [1, 4, 3, 3], random: &random)
        let w = builder.constant("w", [2, 4 / groups, 2, 2], random.floats(2 * 4 / groups * 4))
        let y = builder.node(
            Convolution(strides: [1, 1], groups: groups, layout: .channelsFirst), [norm, w], "y", [1, 2, 2, 2])
        #expect(
            try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx)) == """
                x: float32 [1, 4, 3, 3]
                y: float32 [1, 2, 2, 2] = Convolution(x, w: float32 [2, \(4 / groups), 2, 2], y/bias: float32 [2])
                → y
                """)
    }

    @Test mutating func beforeGemmAndBeforeAMatrixProduct() throws {
        let x = builder.input("x", [3, 4])
        let norm = builder.batchNorm(x, "norm", channels: 4, [3, 4], random: &random)
        let w = builder.constant("w", [4, 2], random.floats(8))
        let c = builder.constant("c", [2], random.floats(2))
        let dense = builder.node(Gemm(alpha: 2, beta: 0.5), [norm, w, c], "dense", [3, 2])
        let active = builder.node(Unary(.relu), [dense], "active", [3, 2])
        let second = builder.batchNorm(active, "second", channels: 2, [3, 2], random: &random)
        let y = builder.node(
            MatrixMultiplication(), [second, builder.constant("v", [2, 3], random.floats(6))], "y", [3, 3])
        #expect(
            try PassRun.text("fold-batchnorm", on: builder.finish(y, format: .onnx)) == """
                x: float32 [3, 4]
                dense: float32 [3, 2] = Gemm(x, w: float32 [4, 2], c: float32 [2])
                active: float32 [3, 2] = Relu(dense)
                y/product: float32 [3, 3] = MatrixMultiplication(active, v: float32 [2, 3])
                y: float32 [3, 3] = Add(y/product, y/bias: float32 [3])
                → y
                """)
    }

    @Test mutating func aShiftBeforePaddingIsRefused() throws {
        let x = builder.input("x", [1, 4, 3, 3])
        let norm = builder.batchNorm(x, "norm", channels: 4, [1, 4, 3, 3], random: &random)
        let w = builder.constant("w", [2, 4, 3, 3], random.floats(72))
        let padding = Padding.explicit([.init(before: 1, after: 1), .init(before: 1, after: 1)])
        let y = builder.node(
            Convolution(strides: [1, 1], padding: padding, layout: .channelsFirst), [norm, w], "y", [1, 2, 3, 3])
        let result = try PassRun.apply("fold-batchnorm", to: builder.finish(y, format: .onnx))
        #expect(result.records[0].patches.isEmpty)
        #expect(
            result.records[0].notes == [
                "stays a normalization, as the border that y behind it pads would miss the shift: norm"
            ])
    }

    @Test mutating func aScaleAloneBeforePaddingIsFolded() throws {
        let x = builder.input("x", [1, 3, 3, 4])
        let scaled = builder.node(
            Binary(.multiply), [x, builder.constant("g", [4], random.floats(4))], "scaled", [1, 3, 3, 4])
        let w = builder.constant("w", [2, 3, 3, 4], random.floats(72))
        let y = builder.node(Convolution(strides: [1, 1], padding: .same), [scaled, w], "y", [1, 3, 3, 2])
        let model = builder.finish(y)
        #expect(
            try PassRun.text("fold-batchnorm", on: model) == """
                x: float32 [1, 3, 3, 4]
                y: float32 [1, 3, 3, 2] = Convolution(x, w: float32 [2, 3, 3, 4])
                → y
                """)
        let inputs = PassRun.randomInputs(model, seed: 5)
        let folded = try PassRun.apply("fold-batchnorm", to: model).model
        let (a, b) = (try PassRun.runtime(model, inputs), try PassRun.runtime(folded, inputs))
        #expect(PassRun.difference(a.map { $0.map(Double.init) }, b.map { $0.map(Double.init) }) < 1e-5)
    }

    // MARK: Left alone, and said so

    @Test mutating func behindAConcatenation() throws {
        let x = builder.input("x", [1, 2, 3, 3])
        let w = builder.constant("w", [2, 2, 1, 1], random.floats(4))
        let conv = builder.node(Convolution(strides: [1, 1], layout: .channelsFirst), [x, w], "conv", [1, 2, 3, 3])
        let joined = builder.node(Concatenation(axis: 1), [x, conv], "joined", [1, 4, 3, 3])
        let y = builder.batchNorm(joined, "y", channels: 4, [1, 4, 3, 3], random: &random)
        let result = try PassRun.apply("fold-batchnorm", to: builder.finish(y, format: .onnx))
        #expect(result.records[0].patches.isEmpty)
        #expect(
            result.records[0].notes == ["stays a normalization, as what it normalizes is joined by joined: y"])
    }

    @Test mutating func behindAConvolutionThatIsReadElsewhere() throws {
        let x = builder.input("x", [1, 2, 3, 3])
        let w = builder.constant("w", [2, 2, 1, 1], random.floats(4))
        let conv = builder.node(Convolution(strides: [1, 1], layout: .channelsFirst), [x, w], "conv", [1, 2, 3, 3])
        let norm = builder.batchNorm(conv, "norm", channels: 2, [1, 2, 3, 3], random: &random)
        let y = builder.node(Binary(.add), [norm, conv], "y", [1, 2, 3, 3])
        let result = try PassRun.apply("fold-batchnorm", to: builder.finish(y, format: .onnx))
        #expect(result.records[0].patches.isEmpty)
        #expect(
            result.records[0].notes == ["stays a normalization, as the result of conv is read elsewhere too: norm"])
    }

    @Test mutating func parametersThatAreComputed() throws {
        let x = builder.input("x", [1, 2, 3, 3])
        let gamma = builder.input("gamma", [2])
        let w = builder.constant("w", [2, 2, 1, 1], random.floats(4))
        let conv = builder.node(Convolution(strides: [1, 1], layout: .channelsFirst), [x, w], "conv", [1, 2, 3, 3])
        let rest = ["b", "m", "v"].map { builder.constant($0, [2], [1, 2]) }
        let y = builder.node(BatchNormalization(), [conv, gamma] + rest, "y", [1, 2, 3, 3])
        let result = try PassRun.apply("fold-batchnorm", to: builder.finish(y, format: .onnx))
        #expect(result.records[0].patches.isEmpty)
        #expect(result.records[0].notes == ["stays a normalization, as its parameters are not real constants: y"])
    }
}
