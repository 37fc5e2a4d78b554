import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct RecognizeHardSwishTests {
    private var builder = GraphBuilder()

    @Test(arguments: 0..<4) mutating func inAnyOrder(form: Int) throws {
        let x = builder.input("x", [1, 8])
        let three = builder.constant("three", [], [3])
        let sixth = builder.constant("sixth", [], [1 / 6])
        let six = builder.constant("six", [1], [6])
        var gate: ValueID
        if form == 0 {
            gate = builder.node(Binary(.add, activation: .relu6), [x, three], "gate", [1, 8])
        } else {
            gate = builder.node(Binary(.add), [three, x], "shifted", [1, 8])
            gate = builder.node(Unary(.relu6), [gate], "gate", [1, 8])
        }
        let y: ValueID
        switch form {
        case 0:
            let product = builder.node(Binary(.multiply), [x, gate], "product", [1, 8])
            y = builder.node(Binary(.multiply), [product, sixth], "y", [1, 8])
        case 1:
            let product = builder.node(Binary(.multiply), [gate, x], "product", [1, 8])
            y = builder.node(Binary(.divide), [product, six], "y", [1, 8])
        case 2:
            let part = builder.node(Binary(.divide), [gate, six], "part", [1, 8])
            y = builder.node(Binary(.multiply), [x, part], "y", [1, 8])
        default:
            let part = builder.node(Binary(.multiply), [sixth, x], "part", [1, 8])
            y = builder.node(Binary(.multiply), [part, gate], "y", [1, 8])
        }
        let model = builder.finish(y)
        #expect(
            try PassRun.text("recognize-hard-swish", on: model, tolerance: 1e-6) == """
                x: float32 [1, 8]
                y: float32 [1, 8] = HardSwish(x)
                → y
                """)
        let inputs = PassRun.randomInputs(model, seed: 4)
        let recognized = try PassRun.apply("recognize-hard-swish", to: model).model
        let (a, b) = (try PassRun.runtime(model, inputs), try PassRun.runtime(recognized, inputs))
        #expect(PassRun.difference(a.map { $0.map(Double.init) }, b.map { $0.map(Double.init) }) < 1e-6)
    }

    /// x · clip(x/6 + 1/2, 0, 1)
    @Test(arguments: [false, true]) mutating func byTheUnitClamp(isFlipped: Bool) throws {
        let x = builder.input("x", [1, 8])
        let part =
            isFlipped
            ? builder.node(Binary(.divide), [x, builder.constant("six", [], [6])], "part", [1, 8])
            : builder.node(Binary(.multiply), [builder.constant("sixth", [], [1 / 6]), x], "part", [1, 8])
        let shifted = builder.node(Binary(.add), [part, builder.constant("half", [], [0.5])], "shifted", [1, 8])
        let gate = builder.node(Unary(.relu0To1), [shifted], "gate", [1, 8])
        let model = builder.finish(
            builder.node(Binary(.multiply), isFlipped ? [gate, x] : [x, gate], "y", [1, 8]))
        let recognized = try PassRun.apply("recognize-hard-swish", to: model).model
        #expect(recognized.main.operatorNames == ["HardSwish"])
        let inputs = PassRun.randomInputs(model, seed: 4)
        let (a, b) = (try PassRun.runtime(model, inputs), try PassRun.runtime(recognized, inputs))
        #expect(PassRun.difference(a.map { $0.map(Double.init) }, b.map { $0.map(Double.init) }) < 1e-6)
    }

    private mutating func product(shift: Float, divisor: Float, format: ModelFormat = .tflite) -> Model {
        let x = builder.input("x", [8])
        let gate = builder.node(
            Binary(.add, activation: .relu6), [x, builder.constant("shift", [], [shift])], "gate", [8])
        let product = builder.node(Binary(.multiply), [x, gate], "product", [8])
        let y = builder.node(Binary(.divide), [product, builder.constant("divisor", [], [divisor])], "y", [8])
        return builder.finish(y, format: format)
    }

    @Test(arguments: [(2, 6), (3, 5)]) mutating func otherNumbersAreNot(shift: Float, divisor: Float) throws {
        let model = product(shift: shift, divisor: divisor)
        #expect(try PassRun.apply("recognize-hard-swish", to: model).records[0].patches.isEmpty)
    }

    @Test mutating func notBeforeTheOperatorSetThatHasIt() throws {
        let model = product(shift: 3, divisor: 6, format: .onnx)
        #expect(try PassRun.apply("recognize-hard-swish", to: model).records[0].patches.isEmpty)
    }
}
