import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct CancelReshapesTests {
    private var builder = GraphBuilder()

    @Test mutating func twoBecomeOne() throws {
        let x = builder.input("x", [2, 3, 4])
        let flat = builder.node(Reshape(), [x, builder.constant("f", [-1])], "flat", [24])
        let y = builder.node(Reshape(), [flat, builder.constant("s", [4, 6])], "y", [4, 6])
        #expect(
            try PassRun.text("cancel-reshapes", on: builder.finish(y), tolerance: 0) == """
                x: float32 [2, 3, 4]
                y: float32 [4, 6] = Reshape(x, s: int32 [2])
                → y
                """)
    }

    @Test mutating func thereAndBackIsNothing() throws {
        let x = builder.input("x", [2, 1, 4])
        let squeezed = builder.node(Squeeze(axes: [1]), [x], "squeezed", [2, 4])
        let back = builder.node(Unsqueeze(axes: [1]), [squeezed], "back", [2, 1, 4])
        let y = builder.node(Unary(.abs), [back], "y", [2, 1, 4])
        #expect(
            try PassRun.text("cancel-reshapes", on: builder.finish(y, format: .onnx), tolerance: 0) == """
                x: float32 [2, 1, 4]
                y: float32 [2, 1, 4] = Abs(x)
                → y
                """)
    }

    @Test mutating func othersBecomeAReshapeAndTheFirstStaysForItsReaders() throws {
        let x = builder.input("x", [2, 3, 4])
        let flat = builder.node(Flatten(axis: 1), [x], "flat", [2, 12])
        let y = builder.node(Unsqueeze(axes: [0]), [flat], "y", [1, 2, 12])
        let z = builder.node(Unary(.abs), [flat], "z", [2, 12])
        #expect(
            try PassRun.text("cancel-reshapes", on: builder.finish(y, z, format: .onnx), tolerance: 0) == """
                x: float32 [2, 3, 4]
                flat: float32 [2, 12] = Flatten(x)
                y: float32 [1, 2, 12] = Reshape(x, y/shape: int64 [3])
                z: float32 [2, 12] = Abs(flat)
                → y, z
                """)
    }

    @Test mutating func anyNumberOfSamplesIsKept() throws {
        let samples = Dimension.dynamic(symbol: "N")
        let x = builder.input("x", Shape(dimensions: [samples, .fixed(2), .fixed(3)]))
        let wide = builder.node(
            Unsqueeze(axes: [3]), [x], "wide", Shape(dimensions: [samples, .fixed(2), .fixed(3), .fixed(1)]))
        let flat = builder.node(
            Reshape(), [wide, builder.constant("s", [-1, 6])], "flat", Shape(dimensions: [samples, .fixed(6)]))
        let copied = builder.node(
            Reshape(), [flat, builder.constant("t", [0, 3, 2])], "copied",
            Shape(dimensions: [samples, .fixed(3), .fixed(2)]))
        #expect(
            try PassRun.apply("cancel-reshapes", to: builder.finish(copied, format: .onnx)).model.main.text == """
                x: float32 [N, 2, 3]
                flat: float32 [N, 6] = Reshape(x, s: int32 [2])
                copied: float32 [N, 3, 2] = Reshape(flat, t: int32 [3])
                → copied
                """)
    }
}
