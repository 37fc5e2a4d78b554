import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct FoldConstantsTests {
    private var builder = GraphBuilder()

    @Test mutating func aChainOfConstantsIsComputed() throws {
        let x = builder.input("x", [2, 2])
        let a = builder.constant("a", [2], [1, 2])
        let sum = builder.node(Binary(.add), [a, builder.constant("b", [2], [10, 20])], "sum", [2])
        let wide = builder.node(Reshape(shape: [1, 2]), [sum], "wide", [1, 2])
        let y = builder.node(Binary(.multiply), [x, wide], "y", [2, 2])
        let model = builder.finish(y)
        #expect(
            try PassRun.text("fold-constants", on: model, tolerance: 0) == """
                x: float32 [2, 2]
                y: float32 [2, 2] = Multiply(x, wide: float32 [1, 2])
                → y
                """)
        let graph = try PassRun.apply("fold-constants", to: model).model.main
        let constant = graph.valueIDs.compactMap { graph[$0].name == "wide" ? graph[$0].constant : nil }
        #expect(constant.map { $0.elements(as: Float.self) } == [[11, 22]])
    }

    @Test mutating func extentsAreConstant() throws {
        let x = builder.input("x", [2, 3, 4])
        let shape = builder.node(ShapeOf(), [x], "shape", [3], .int32)
        let first = builder.node(
            StridedSlice(shrinkAxisMask: 1),
            [shape, builder.constant("from", [0]), builder.constant("to", [1]), builder.constant("by", [1])], "first",
            [], .int32)
        let wanted = builder.node(Pack(axis: 0), [first, builder.scalar("rest", 12)], "wanted", [2], .int32)
        let y = builder.node(Reshape(), [x, wanted], "y", [2, 12])
        #expect(
            try PassRun.apply("fold-constants", to: builder.finish(y)).model.main.text == """
                x: float32 [2, 3, 4]
                y: float32 [2, 12] = Reshape(x, wanted: int32 [2])
                → y
                """)
    }

    @Test mutating func extentsThatAreKnownOnlyWhenRunningStay() throws {
        let x = builder.input("x", Shape(dimensions: [.dynamic(placeholder: 1), .fixed(4)]))
        let shape = builder.node(ShapeOf(), [x], "shape", [2], .int32)
        let y = builder.node(Reshape(), [x, shape], "y", [1, 4])
        #expect(try PassRun.apply("fold-constants", to: builder.finish(y)).records[0].patches.isEmpty)
    }

    @Test mutating func compressedWeightsStayAsTheyAreStored() throws {
        let x = builder.input("x", [1, 2])
        let half = builder.half("half", [2, 2], [0x3C00, 0, 0, 0x4000])
        let w = builder.node(Dequantize(), [half], "w", [2, 2])
        let y = builder.node(FullyConnected(), [x, w], "y", [1, 2])
        #expect(try PassRun.apply("fold-constants", to: builder.finish(y)).records[0].patches.isEmpty)
    }

    @Test mutating func whatGrowsBeyondItsOperandsStays() throws {
        let x = builder.input("x", [1])
        let row = builder.constant("row", [1, 200], Array(repeating: 1, count: 200))
        let column = builder.constant("column", [200, 1], Array(repeating: 1, count: 200))
        let table = builder.node(Binary(.add), [row, column], "table", [200, 200])
        let y = builder.node(Binary(.multiply), [table, x], "y", [200, 200])
        #expect(try PassRun.apply("fold-constants", to: builder.finish(y)).records[0].patches.isEmpty)
    }

    @Test mutating func anOutputStaysComputed() throws {
        let x = builder.input("x", [1])
        let y = builder.node(Unary(.abs), [builder.constant("a", [1], [-1])], "y", [1])
        let z = builder.node(Unary(.abs), [x], "z", [1])
        #expect(try PassRun.apply("fold-constants", to: builder.finish(y, z)).records[0].patches.isEmpty)
    }

    @Test mutating func unknownOperatorsStay() throws {
        let x = builder.input("x", [1])
        let random = builder.node(
            OpaqueOperation(name: "RANDOM_UNIFORM"), [builder.constant("shape", [1])], "random", [1])
        let y = builder.node(Binary(.add), [x, random], "y", [1])
        #expect(try PassRun.apply("fold-constants", to: builder.finish(y)).records[0].patches.isEmpty)
    }
}
