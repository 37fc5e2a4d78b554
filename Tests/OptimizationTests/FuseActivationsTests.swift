import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct FuseActivationsTests {
    private var builder = GraphBuilder()

    private mutating func model(_ format: ModelFormat = .tflite, kind: Unary.Kind = .relu6) -> Model {
        let x = builder.input("x", [1, 4, 4, 2])
        let z = builder.input("z", [1, 4, 4, 2])
        let sum = builder.node(Binary(.add), [x, z], "sum", [1, 4, 4, 2])
        let relu = builder.node(Unary(kind), [sum], "relu", [1, 4, 4, 2])
        let pool = builder.node(Pool(.average, window: [2, 2], strides: [2, 2]), [relu], "pool", [1, 2, 2, 2])
        let y = builder.node(Unary(kind), [pool], "y", [1, 2, 2, 2])
        return builder.finish(y, format: format)
    }

    @Test(arguments: [Unary.Kind.relu, .relu6, .reluN1To1]) mutating func theOperatorClamps(kind: Unary.Kind) throws {
        let model = model(kind: kind)
        let fused = try PassRun.apply("fuse-activations", to: model).model
        #expect(
            fused.main.text == """
                x: float32 [1, 4, 4, 2]
                z: float32 [1, 4, 4, 2]
                relu: float32 [1, 4, 4, 2] = Add(x, z)
                y: float32 [1, 2, 2, 2] = AveragePool(relu)
                → y
                """)
        let add = fused.main[fused.main.order[0]].operation as? Binary
        #expect(add?.activation == Unary(kind).activation)
        for seed in 0..<3 {
            let inputs = PassRun.randomInputs(model, seed: UInt64(seed))
            #expect(try PassRun.runtime(model, inputs) == PassRun.runtime(fused, inputs))
        }
    }

    @Test mutating func notInAFormatWithoutActivations() throws {
        #expect(try PassRun.apply("fuse-activations", to: model(.onnx)).records[0].patches.isEmpty)
    }

    @Test mutating func notWhereTheSumIsReadElsewhereOrAnActivationIsThere() throws {
        let x = builder.input("x", [2])
        let sum = builder.node(Binary(.add), [x, x], "sum", [2])
        let y = builder.node(Unary(.relu), [sum], "y", [2])
        let clamped = builder.node(Binary(.add, activation: .relu6), [x, y], "clamped", [2])
        let z = builder.node(Unary(.reluN1To1), [clamped], "z", [2])
        let largest = builder.node(Binary(.maximum), [z, x], "largest", [2])
        let v = builder.node(Unary(.relu), [largest], "v", [2])
        #expect(try PassRun.apply("fuse-activations", to: builder.finish(sum, v)).records[0].patches.isEmpty)
    }
}
