import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct RecognizeGeluTests {
    private var builder = GraphBuilder()
    private let shape: Shape = [2, 8]

    private mutating func number(_ value: Float) -> ValueID { builder.constant("\(value)", [], [value]) }

    private mutating func binary(_ kind: Binary.Kind, _ a: ValueID, _ b: ValueID, _ name: String) -> ValueID {
        builder.node(Binary(kind), [a, b], name, shape)
    }

    /// x · 0.5 · (1 + t) with the factor at different places.
    private mutating func outer(_ x: ValueID, _ t: ValueID, form: Int) -> ValueID {
        let (half, one) = (number(0.5), number(1))
        switch form {
        case 0:
            return binary(.multiply, binary(.multiply, x, binary(.add, t, one, "gate"), "product"), half, "y")
        case 1:
            return binary(.multiply, binary(.multiply, half, x, "part"), binary(.add, one, t, "gate"), "y")
        case 2:
            let gate = binary(.multiply, half, binary(.add, t, one, "sum"), "gate")
            return binary(.multiply, x, gate, "y")
        default:
            let gate = binary(.add, binary(.multiply, t, half, "part"), half, "gate")
            return binary(.multiply, gate, x, "y")
        }
    }

    /// The two ways in which the cube is written.
    private mutating func inner(_ x: ValueID, form: Int, cubic: Float) -> ValueID {
        let (slope, factor) = (number(0.7978846), number(cubic))
        if form % 2 == 0 {
            let cube = binary(.power, x, number(3), "cube")
            return binary(.multiply, binary(.add, x, binary(.multiply, cube, factor, "part"), "sum"), slope, "inner")
        }
        let square = builder.node(Unary(.square), [x], "square", shape)
        let sum = binary(.add, number(1), binary(.multiply, factor, square, "part"), "sum")
        return binary(.multiply, binary(.multiply, x, slope, "scaled"), sum, "inner")
    }

    @Test(arguments: 0..<4) mutating func byTanh(form: Int) throws {
        let x = builder.input("x", shape)
        let t = builder.node(Unary(.tanh), [inner(x, form: form, cubic: 0.044715)], "t", shape)
        let model = builder.finish(outer(x, t, form: form))
        let recognized = try PassRun.apply("recognize-gelu", to: model).model
        #expect(
            recognized.main.text == """
                x: float32 [2, 8]
                y: float32 [2, 8] = GeluTanh(x)
                → y
                """)
        let inputs = PassRun.randomInputs(model, seed: 4)
        let (a, b) = (try PassRun.runtime(model, inputs), try PassRun.runtime(recognized, inputs))
        #expect(PassRun.difference(a.map { $0.map(Double.init) }, b.map { $0.map(Double.init) }) < 1e-6)
    }

    @Test(arguments: 0..<4) mutating func byErf(form: Int) throws {
        let x = builder.input("x", shape)
        let scaled =
            form % 2 == 0
            ? binary(.divide, x, number(1.4142135), "scaled") : binary(.multiply, x, number(0.70710677), "scaled")
        let erf: any Operation = form < 2 ? Unary(.errorFunction) : OpaqueOperation(name: "Erf")
        let t = builder.node(erf, [scaled], "t", shape)
        let model = builder.finish(outer(x, t, form: form))
        let recognized = try PassRun.apply("recognize-gelu", to: model).model
        #expect(recognized.main.operatorNames == ["Gelu"])
        // scipy.special.ndtr(x) · x
        let points: [Float] = [-3, -1, -0.5, 0, 0.5, 1, 2, 3]
        let expected: [Float] = [
            -0.00404969, -0.15865525, -0.15426877, 0, 0.34573123, 0.84134475, 1.9544997, 2.9959503,
        ]
        let found = try PassRun.runtime(recognized, [points + points])[0]
        for (a, b) in zip(found, expected + expected) { #expect(abs(a - b) < 1e-6) }
    }

    @Test mutating func otherNumbersAreNot() throws {
        let x = builder.input("x", shape)
        let t = builder.node(Unary(.tanh), [inner(x, form: 0, cubic: 0.05)], "t", shape)
        let model = builder.finish(outer(x, t, form: 0))
        #expect(try PassRun.apply("recognize-gelu", to: model).records[0].patches.isEmpty)
    }

    @Test mutating func notWhereThePartsAreReadElsewhere() throws {
        let x = builder.input("x", shape)
        let t = builder.node(Unary(.tanh), [inner(x, form: 0, cubic: 0.044715)], "t", shape)
        let y = outer(x, t, form: 0)
        let model = builder.finish(y, builder.node(Unary(.relu), [t], "other", shape))
        #expect(try PassRun.apply("recognize-gelu", to: model).records[0].patches.isEmpty)
    }

    @Test mutating func notBeforeTheOperatorSetThatHasIt() throws {
        let x = builder.input("x", shape)
        let t = builder.node(Unary(.tanh), [inner(x, form: 0, cubic: 0.044715)], "t", shape)
        var model = builder.finish(outer(x, t, form: 0), format: .onnx)
        #expect(try PassRun.apply("recognize-gelu", to: model).records[0].patches.isEmpty)
        model.source = OperatorSets(["": 20])
        #expect(try PassRun.apply("recognize-gelu", to: model).records[0].patches.count == 1)
    }
}

/// A file of which nothing is known but its operator sets.
final class OperatorSets: OperatorSetSource {
    let format = ModelFormat.onnx
    let file = MappedFile(copying: [], named: "sets")
    let operatorSets: [String: Int]

    init(_ operatorSets: [String: Int]) { self.operatorSets = operatorSets }
}

extension Graph {
    /// The operators in the order in which they run.
    var operatorNames: [String] { order.map { self[$0].operation.name } }
}
