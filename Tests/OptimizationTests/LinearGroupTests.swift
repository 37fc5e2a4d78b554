import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct LinearGroupTests {
    @Test func chainOfScaleShiftAndClampIsOneGroup() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4, 4, 2])
        let w = builder.constant("w", [3, 1, 1, 2], [1, 2, 3, 4, 5, 6])
        let conv = builder.node(Convolution(strides: [1, 1]), [x, w], "conv", [1, 4, 4, 3])
        let gamma = builder.constant("gamma", [3], [2, -1, 0.5])
        let scaled = builder.node(Binary(.multiply), [conv, gamma], "scaled", [1, 4, 4, 3])
        let beta = builder.constant("beta", [1, 1, 1, 3], [1, 2, 3])
        let shifted = builder.node(Binary(.add), [beta, scaled], "shifted", [1, 4, 4, 3])
        let y = builder.node(Unary(.relu6), [shifted], "y", [1, 4, 4, 3])
        let graph = builder.finish(y).main

        let group = try #require(LinearGroup.all(in: graph).first)
        #expect(group.chain.count == 3)
        #expect(group.affine == ChannelAffine(scale: [2, -1, 0.5], offset: [1, 2, 3]))
        #expect(group.activation == .relu6)
        #expect(group.output == y)
    }

    @Test func aResultThatIsReadTwiceEndsTheChain() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2])
        let w = builder.constant("w", [2, 2], [1, 2, 3, 4])
        let dense = builder.node(FullyConnected(), [x, w], "dense", [1, 2])
        let gamma = builder.constant("gamma", [2], [2, 2])
        let scaled = builder.node(Binary(.multiply), [dense, gamma], "scaled", [1, 2])
        let sum = builder.node(Binary(.add), [scaled, dense], "sum", [1, 2])
        let group = try #require(LinearGroup.all(in: builder.finish(sum).main).first)
        #expect(!group.isFoldable)
        #expect(group.output == dense)
    }

    @Test func aSubtractionFromTheConstantFlipsTheSign() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2])
        let w = builder.constant("w", [2, 2], [1, 2, 3, 4])
        let dense = builder.node(FullyConnected(), [x, w], "dense", [1, 2])
        let offset = builder.constant("offset", [2], [5, 6])
        let y = builder.node(Binary(.subtract), [offset, dense], "y", [1, 2])
        let group = try #require(LinearGroup.all(in: builder.finish(y).main).first)
        #expect(group.affine == ChannelAffine(scale: [-1, -1], offset: [5, 6]))
    }

    @Test func aConstantAlongAnotherAxisIsNotPerChannel() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2, 2, 2])
        let w = builder.constant("w", [2, 1, 1, 2], [1, 2, 3, 4])
        let conv = builder.node(Convolution(strides: [1, 1]), [x, w], "conv", [1, 2, 2, 2])
        let rows = builder.constant("rows", [2, 1, 1], [1, 2])
        let y = builder.node(Binary(.multiply), [conv, rows], "y", [1, 2, 2, 2])
        let group = try #require(LinearGroup.all(in: builder.finish(y).main).first)
        #expect(!group.isFoldable)
    }

    @Test func convolutionsWithTheChannelsFirstAreGroups() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4, 3, 3])
        let w = builder.constant("w", [6, 2, 2, 2], Array(repeating: 1, count: 48))
        let y = builder.node(
            Convolution(strides: [1, 1], groups: 2, layout: .channelsFirst), [x, w], "y", [1, 6, 2, 2])
        let v = builder.constant("v", [6, 1, 2, 2], Array(repeating: 1, count: 24))
        let z = builder.node(
            Convolution(strides: [1, 1], groups: 6, layout: .channelsFirst), [y, v], "z", [1, 6, 1, 1])
        let groups = LinearGroup.all(in: builder.finish(z).main)
        #expect(groups.map(\.kind) == [.convolution, .depthwiseConvolution])
        #expect(groups.map(\.channelAxis) == [0, 0])
        #expect(groups.map(\.channels) == [6, 6])
        #expect(groups.map(\.inputChannels) == [2, 1])
        // Output channel 3 is the first of the second half; its weights 4…7 read the half's second input.
        #expect((0..<8).map { groups[0].inputChannel(of: 3, position: $0) } == [2, 2, 2, 2, 3, 3, 3, 3])
        #expect(groups[1].inputChannel(of: 5, position: 3) == 5)
    }

    @Test(arguments: [(false, 1), (true, 0)]) func matrixProductsAreGroups(isTransposed: Bool, axis: Int) throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 2])
        let w = builder.constant("w", isTransposed ? [3, 2] : [2, 3], [1, 2, 3, 4, 5, 6])
        let dense = builder.node(Gemm(transposesB: isTransposed), [x, w], "dense", [1, 3])
        let v = builder.constant("v", [3, 2], [1, 2, 3, 4, 5, 6])
        let y = builder.node(MatrixMultiplication(), [dense, v], "y", [1, 2])
        let groups = LinearGroup.all(in: builder.finish(y).main)
        #expect(groups.map(\.kind) == [.fullyConnected, .fullyConnected])
        #expect(groups.map(\.channelAxis) == [axis, 1])
        #expect(groups.map(\.channels) == [3, 2])
        #expect(groups.map(\.inputChannels) == [2, 3])
        #expect((0..<2).map { groups[0].inputChannel(of: 1, position: $0) } == [0, 1])
        #expect((0..<3).map { groups[1].inputChannel(of: 1, position: $0) } == [0, 1, 2])
    }
}
