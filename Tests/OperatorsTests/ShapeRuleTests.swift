import ModelGraph
import Operators
import Testing

private func fed(_ sizes: [Int], _ type: ElementType = .float32) -> TensorFacts {
    TensorFacts(type: type, shape: Shape(sizes))
}

private func integers(_ values: [Int32], shape: [Int]? = nil) -> TensorFacts {
    TensorFacts(type: .int32, shape: Shape(shape ?? [values.count]), constant: TensorData(values))
}

private func shape(_ operation: any Operation, _ inputs: [TensorFacts?]) throws -> [Int]? {
    try operation.inferOutputs(from: inputs)?.first?.shape?.sizes
}

/// Expected shapes: numpy's for slices and movement, TensorFlow's documented formulas for windows.
@Suite struct ShapeRuleTests {
    @Test(arguments: [
        (8, 3, 2, 1, Padding.same, 4, 0), (7, 3, 2, 1, .same, 4, 1), (5, 5, 1, 1, .same, 5, 2),
        (8, 3, 2, 1, .valid, 3, 0), (9, 3, 1, 3, .valid, 3, 0),
        (5, 3, 2, 1, .explicit([.init(before: 2, after: 1)]), 3, 2),
    ])
    func window(
        _ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ padding: Padding, _ output: Int, _ before: Int
    ) throws {
        let window = try Window(
            input: input, kernel: kernel, stride: stride, dilation: dilation, padding: padding, axis: 0)
        #expect(window.output == output)
        #expect(window.before == before)
    }

    @Test func impossibleWindowsAreErrors() {
        for (kernel, stride, dilation) in [
            (9, 1, 1), (0, 1, 1), (3, 0, 1), (3, -1, 1), (3, 1, 0), (3, 1, Int.max), (Int.max, 1, 1), (3, Int.max, 1),
        ] {
            #expect(throws: GraphError.self) {
                try Window(input: 8, kernel: kernel, stride: stride, dilation: dilation, padding: .valid, axis: 0)
            }
        }
        #expect(throws: GraphError.self) {
            try Window(
                input: 8, kernel: 3, stride: 1, dilation: 1, padding: .explicit([.init(before: -1, after: 0)]), axis: 0)
        }
    }

    @Test func sumsOfProducts() throws {
        let (a, b) = (fed([2, 3]), fed([3, 4]))
        for c in [[], [1], [4], [1, 4], [2, 1], [2, 4]] { #expect(try shape(Gemm(), [a, b, fed(c)]) == [2, 4]) }
        for c in [[2], [3], [1, 2], [1, 1, 1], [1, 2, 4], [0]] {
            #expect(throws: GraphError.self) { try shape(Gemm(), [a, b, fed(c)]) }
        }
        #expect(throws: GraphError.self) { try shape(Gemm(), [a, b, fed([4], .int32)]) }
    }

    @Test func scalarsOfOptimizers() throws {
        let x = fed([3])
        func sizes(rate: [Int], step: [Int], _ type: ElementType = .int64) throws -> [Int]? {
            try shape(TrainingUpdate(.momentum), [fed(rate), fed(step, type), x, x, x])
        }
        #expect(try sizes(rate: [], step: [1]) == [3])
        #expect(throws: GraphError.self) { try sizes(rate: [], step: [0]) }
        #expect(throws: GraphError.self) { try sizes(rate: [2], step: []) }
        #expect(throws: GraphError.self) { try sizes(rate: [], step: [], .int32) }
    }

    @Test func skipsHaveAnAxis() throws {
        let (x, scale) = (fed([2, 3, 4]), fed([4]))
        #expect(try shape(SkipLayerNormalization(), [x, fed([1, 3, 4]), scale]) == [2, 3, 4])
        #expect(throws: GraphError.self) { try shape(SkipLayerNormalization(), [x, fed([]), scale]) }
    }

    @Test func linearOperators() throws {
        let convolution = Convolution(strides: [2, 2], padding: .same)
        #expect(try shape(convolution, [fed([1, 9, 8, 3]), fed([16, 3, 3, 3]), fed([16])]) == [1, 5, 4, 16])
        #expect(throws: GraphError.self) { try shape(convolution, [fed([1, 9, 8, 3]), fed([16, 3, 3, 2])]) }
        #expect(throws: GraphError.self) {
            try shape(convolution, [fed([1, 9, 8, 3]), fed([16, 3, 3, 3]), fed([15])])
        }
        #expect(throws: GraphError.self) { try shape(convolution, [fed([1, 9, 8, 3])]) }
        let first = Convolution(strides: [1, 1], layout: .channelsFirst)
        #expect(try shape(first, [fed([1, 3, 9, 8]), fed([16, 3, 3, 3])]) == [1, 16, 7, 6])
        let depthwise = DepthwiseConvolution(strides: [1, 1], multiplier: 2)
        #expect(try shape(depthwise, [fed([1, 9, 8, 3]), fed([1, 3, 3, 6])]) == [1, 7, 6, 6])
        #expect(throws: GraphError.self) { try shape(depthwise, [fed([1, 9, 8, 3]), fed([1, 3, 3, 9])]) }
        #expect(try shape(FullyConnected(), [fed([2, 3, 4]), fed([5, 12])]) == [2, 5])
        #expect(try shape(FullyConnected(keepsDimensions: true), [fed([2, 3, 4]), fed([5, 4])]) == [2, 3, 5])
        #expect(throws: GraphError.self) { try shape(FullyConnected(), [fed([2, 3, 4]), fed([5, 7])]) }
    }

    @Test func elementwiseOperatorsBroadcast() throws {
        #expect(try shape(Binary(.add), [fed([3, 1, 5]), fed([4, 1])]) == [3, 4, 5])
        #expect(throws: GraphError.self) { try shape(Binary(.add), [fed([3]), fed([4])]) }
        #expect(throws: GraphError.self) { try shape(Binary(.add), [fed([3]), fed([3], .int8)]) }
    }

    @Test func movement() throws {
        #expect(try shape(Reshape(shape: [4, -1]), [fed([2, 6])]) == [4, 3])
        #expect(try shape(Reshape(shape: [9]), [fed([2, 6]), integers([3, 4])]) == [3, 4])
        #expect(throws: GraphError.self) { try shape(Reshape(shape: [5, -1]), [fed([2, 6])]) }
        #expect(throws: GraphError.self) { try shape(Reshape(shape: [-1, -1]), [fed([2, 6])]) }
        #expect(throws: GraphError.self) { try shape(Reshape(shape: [Int.max, Int.max]), [fed([2, 6])]) }
        #expect(try shape(Reshape(), [fed([2, 6]), fed([2], .int32)]) == nil)
        #expect(try shape(Squeeze(), [fed([1, 2, 1])]) == [2])
        #expect(throws: GraphError.self) { try shape(Squeeze(axes: [1]), [fed([1, 2, 1])]) }
        #expect(try shape(ExpandDimensions(), [fed([2, 3]), integers([-1], shape: [])]) == [2, 3, 1])
        #expect(try shape(Transpose(), [fed([2, 3, 4]), integers([2, 0, 1])]) == [4, 2, 3])
        #expect(throws: GraphError.self) { try shape(Transpose(), [fed([2, 3]), integers([0, 0])]) }
        #expect(try shape(Pad(), [fed([2, 3]), integers([0, 1, 2, 0], shape: [2, 2])]) == [3, 5])
        #expect(throws: GraphError.self) { try shape(Pad(), [fed([2, 3]), integers([0, -1, 2, 0], shape: [2, 2])]) }
        #expect(try shape(Concatenation(axis: -1), [fed([2, 3]), fed([2, 4])]) == [2, 7])
        #expect(throws: GraphError.self) { try shape(Concatenation(axis: 2), [fed([2, 3]), fed([2, 4])]) }
        #expect(try shape(Pack(axis: -1), [fed([2, 3]), fed([2, 3])]) == [2, 3, 2])
        #expect(try shape(Reduce(.mean), [fed([2, 3, 4, 5]), integers([1, -2])]) == [2, 5])
        #expect(throws: GraphError.self) { try shape(Reduce(.mean), [fed([2, 3]), integers([2])]) }
        #expect(try shape(ResizeBilinear(), [fed([1, 2, 3, 4]), integers([7, 8])]) == [1, 7, 8, 4])
        let extents = try ShapeOf().inferOutputs(from: [fed([2, 3])])
        #expect(extents?[0].constant == TensorData([Int32(2), 3]))
    }

    /// Expected: numpy's `x[b:e:s]` over an axis of 6.
    @Test(
        arguments: [
            (1, 5, 2, 2), (-1, -7, -2, 3), (0, 100, 1, 6), (-100, 3, 1, 3), (4, 1, 1, 0), (5, -100, -1, 6),
            (Int32.min, Int32.max, 1, 6), (0, 6, Int32.max, 1), (5, 0, Int32.min, 1),
        ] as [(Int32, Int32, Int32, Int)])
    func slices(_ begin: Int32, _ end: Int32, _ stride: Int32, _ count: Int) throws {
        #expect(
            try shape(StridedSlice(), [fed([6]), integers([begin]), integers([end]), integers([stride])]) == [count])
    }

    /// Expected: numpy's `x[b:e:s]` over an axis of 6.
    @Test(
        arguments: [
            (1, 5, 2, 2), (-1, -7, -2, 3), (0, .max, 1, 6), (.min, 3, 1, 3), (4, 1, 1, 0), (5, .min, -1, 6),
            (0, 6, .max, 1), (5, 0, .min, 1), (.max, 0, -1, 5), (6, 6, 1, 0),
        ] as [(Int64, Int64, Int64, Int)])
    func slicesOfNamedAxes(_ start: Int64, _ end: Int64, _ step: Int64, _ count: Int) throws {
        func integers(_ values: [Int64]) -> TensorFacts {
            TensorFacts(type: .int64, shape: [values.count], constant: TensorData(values))
        }
        let operands = [fed([2, 6, 3]), integers([start]), integers([end]), integers([-2]), integers([step])]
        #expect(try shape(Slice(), operands) == [2, count, 3])
    }

    @Test func gathering() throws {
        let indices = integers([0, -3, 2, 1], shape: [2, 2])
        #expect(try shape(Gather(axis: 1), [fed([2, 3, 4]), indices]) == [2, 2, 2, 4])
        #expect(try shape(Gather(), [fed([2, 3]), integers([1], shape: [])]) == [3])
        #expect(throws: GraphError.self) { try shape(Gather(axis: 1), [fed([2, 3]), integers([3])]) }
        #expect(throws: GraphError.self) { try shape(Gather(axis: 2), [fed([2, 3]), integers([0])]) }
        #expect(throws: GraphError.self) { try shape(Slice(), [fed([6]), integers([0]), integers([1, 2])]) }
        #expect(throws: GraphError.self) {
            try shape(Slice(), [fed([6]), integers([0]), integers([1]), integers([0]), integers([0])])
        }
    }

    @Test func impossibleSlicesAreErrors() {
        #expect(throws: GraphError.self) {
            try shape(StridedSlice(), [fed([6]), integers([0]), integers([1]), integers([0])])
        }
        #expect(throws: GraphError.self) {
            try shape(StridedSlice(shrinkAxisMask: 1), [fed([6]), integers([6]), integers([7]), integers([1])])
        }
        #expect(throws: GraphError.self) {
            try shape(StridedSlice(), [fed([6]), integers([0, 0]), integers([1, 1]), integers([1, 1])])
        }
    }
}
