import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct RemoveIdentitiesTests {
    private var builder = GraphBuilder()

    @Test mutating func movementThatMovesNothingGoes() throws {
        let x = builder.input("x", [2, 3])
        var value = builder.node(Unary(.abs), [x], "abs", [2, 3])
        value = builder.node(Expand(), [value, builder.constant("shape", [2, 3])], "expand", [2, 3])
        value = builder.node(Tile(), [value, builder.constant("repeats", [1, 1])], "tile", [2, 3])
        value = builder.node(Cast(to: .float32), [value], "cast", [2, 3])
        value = builder.node(Variadic(.maximum), [value], "maximum", [2, 3])
        let (starts, ends) = (builder.constant("starts", [0]), builder.constant("ends", [3]))
        let axes = builder.constant("axes", [1])
        value = builder.node(Slice(), [value, starts, ends, axes, builder.constant("steps", [1])], "slice", [2, 3])
        let (last, first) = (builder.constant("last", [-1]), builder.constant("first", [-4]))
        value = builder.node(
            Slice(), [value, last, first, axes, builder.constant("back", [-1])], "reversed", [2, 3])
        let result = try PassRun.apply("remove-identities", to: builder.finish(value)).model
        #expect(result.main.order.map { result.main[$0].operation.name } == ["Abs", "Slice"])
    }

    @Test mutating func everyKindGoes() throws {
        let x = builder.input("x", [1, 2, 3, 4])
        let shape: Shape = [1, 2, 3, 4]
        var value = builder.node(Unary(.abs), [x], "abs", shape)
        value = builder.node(Identity(), [value], "identity", shape)
        value = builder.node(Reshape(), [value, builder.constant("s", [1, 2, 3, -1])], "reshape", shape)
        value = builder.node(Transpose(), [value, builder.constant("p", [0, 1, 2, 3])], "transpose", shape)
        value = builder.node(Pad(), [value, builder.amounts("amounts", Array(repeating: 0, count: 8))], "pad", shape)
        value = builder.node(Concatenation(axis: 1), [value], "joined", shape)
        value = builder.node(Pool(.max, window: [1, 1], strides: [1, 1]), [value], "pool", shape)
        value = builder.node(Binary(.add), [builder.constant("zero", [], [0]), value], "sum", shape)
        value = builder.node(Binary(.multiply), [value, builder.constant("one", [4], [1, 1, 1, 1])], "product", shape)
        value = builder.node(Binary(.divide), [value, builder.constant("unit", [1], [1])], "quotient", shape)
        value = builder.node(Unary(.relu), [value], "clamp", shape)
        let y = builder.node(Unary(.negate), [value], "y", shape)
        #expect(
            try PassRun.text("remove-identities", on: builder.finish(y), tolerance: 0) == """
                x: float32 [1, 2, 3, 4]
                abs: float32 [1, 2, 3, 4] = Abs(x)
                y: float32 [1, 2, 3, 4] = Negate(abs)
                → y
                """)
    }

    @Test mutating func theNameOfAnOutputStays() throws {
        let x = builder.input("x", [2])
        let middle = builder.node(Unary(.abs), [x], "middle", [2])
        let y = builder.node(Identity(), [middle], "y", [2])
        #expect(
            try PassRun.text("remove-identities", on: builder.finish(y), tolerance: 0) == """
                x: float32 [2]
                y: float32 [2] = Abs(x)
                → y
                """)
    }

    @Test mutating func betweenAnInputAndAnOutputItStays() throws {
        let x = builder.input("x", [2])
        let y = builder.node(Identity(), [x], "y", [2])
        let z = builder.node(Identity(), [y], "z", [2])
        let result = try PassRun.apply("remove-identities", to: builder.finish(y, z))
        #expect(result.model.main.text.hasSuffix("→ y, z"))
        #expect(result.records[0].patches.isEmpty)
    }

    @Test mutating func whatDoesMoreStays() throws {
        let x = builder.input("x", [1, 4])
        var value = builder.node(
            Binary(.add, activation: .relu), [x, builder.constant("zero", [1], [0])], "clamped", [1, 4])
        value = builder.node(
            Binary(.multiply), [value, builder.constant("rows", [2, 1], [1, 1])], "repeated", [2, 4])
        value = builder.node(
            Binary(.subtract), [builder.constant("none", [1], [0]), value], "negated", [2, 4])
        value = builder.node(Unary(.relu6), [value], "bounded", [2, 4])
        let y = builder.node(Unary(.reluN1To1), [value], "y", [2, 4])
        let result = try PassRun.apply("remove-identities", to: builder.finish(y))
        #expect(result.records[0].patches.isEmpty)
    }

    @Test mutating func aReshapeOfSamplesWithoutNumberStays() throws {
        let x = builder.input("x", Shape(dimensions: [.dynamic(placeholder: 1), .fixed(4)]))
        let shape = Shape(dimensions: [.dynamic(placeholder: 1), .fixed(4)])
        let y = builder.node(Reshape(), [x, builder.constant("s", [1, 4])], "y", shape)
        let z = builder.node(Unary(.abs), [y], "z", shape)
        #expect(try PassRun.apply("remove-identities", to: builder.finish(z)).records[0].patches.isEmpty)
    }
}
