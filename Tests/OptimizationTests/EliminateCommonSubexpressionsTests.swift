import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct EliminateCommonSubexpressionsTests {
    private var builder = GraphBuilder()

    @Test mutating func twinsBecomeOne() throws {
        let x = builder.input("x", [2])
        let a = builder.node(Binary(.add), [x, builder.constant("c", [2], [1, 2])], "a", [2])
        let b = builder.node(Binary(.add), [x, builder.constant("d", [2], [1, 2])], "b", [2])
        let p = builder.node(Unary(.abs), [a], "p", [2])
        let q = builder.node(Unary(.abs), [b], "q", [2])
        let y = builder.node(Binary(.multiply), [p, q], "y", [2])
        #expect(
            try PassRun.text("eliminate-common-subexpressions", on: builder.finish(y), tolerance: 0) == """
                x: float32 [2]
                a: float32 [2] = Add(x, c: float32 [2])
                p: float32 [2] = Abs(a)
                y: float32 [2] = Multiply(p, p)
                → y
                """)
    }

    @Test mutating func anOutputKeepsItsName() throws {
        let x = builder.input("x", [2])
        let a = builder.node(Unary(.abs), [x], "a", [2])
        let y = builder.node(Unary(.abs), [x], "y", [2])
        let z = builder.node(Unary(.negate), [a], "z", [2])
        #expect(
            try PassRun.text("eliminate-common-subexpressions", on: builder.finish(y, z), tolerance: 0) == """
                x: float32 [2]
                y: float32 [2] = Abs(x)
                z: float32 [2] = Negate(y)
                → y, z
                """)
    }

    @Test mutating func whatDiffersOrMayDoMoreStays() throws {
        let x = builder.input("x", [2])
        let values = [
            builder.node(Unary(.abs), [x], "a", [2]), builder.node(Unary(.negate), [x], "b", [2]),
            builder.node(Binary(.add), [x, builder.constant("c", [2], [1, 2])], "c1", [2]),
            builder.node(Binary(.add), [x, builder.constant("d", [2], [1, 3])], "d1", [2]),
            builder.node(Binary(.add, activation: .relu), [x, builder.constant("e", [2], [1, 2])], "e1", [2]),
            builder.node(OpaqueOperation(name: "CUSTOM:Random"), [x], "f", [2]),
            builder.node(OpaqueOperation(name: "CUSTOM:Random"), [x], "g", [2]),
        ]
        let y = builder.node(Concatenation(axis: 0), values, "y", [14])
        #expect(
            try PassRun.apply("eliminate-common-subexpressions", to: builder.finish(y)).records[0].patches.isEmpty)
    }

    @Test mutating func twoOutputsStayTwo() throws {
        let x = builder.input("x", [2])
        let y = builder.node(Unary(.abs), [x], "y", [2])
        let z = builder.node(Unary(.abs), [x], "z", [2])
        #expect(
            try PassRun.apply("eliminate-common-subexpressions", to: builder.finish(y, z)).records[0].patches.isEmpty)
    }
}
