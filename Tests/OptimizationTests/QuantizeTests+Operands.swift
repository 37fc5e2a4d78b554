import ModelGraph
import Operators
import Testing

@testable import Optimization

/// Which operators become integer operators, and what their operands share.
extension QuantizeTests {
    private func names(_ model: Model, _ type: ElementType) -> Set<String> {
        Set(
            model.main.order.flatMap { model.main[$0].outputs }.map { model.main[$0] }.filter { $0.type == type }.map(
                \.name))
    }

    /// filter → filter → square → log → filter → relu: all before the logarithm keeps real numbers, and nothing else.
    @Test func whatGoesIntoALogarithmStaysReal() throws {
        var random = SeededGenerator(seed: 11)
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4])
        var value = x
        for name in ["before", "first", "second"] {
            let w = builder.constant("w \(name)", [4, 4], random.floats(16))
            value = builder.node(FullyConnected(), [value, w], name, [1, 4])
            if name == "before" { value = builder.node(Unary(.relu), [value], "active", [1, 4]) }
        }
        let square = builder.node(Unary(.square), [value], "square", [1, 4])
        let one = builder.constant("one", [], [0.01])
        let sum = builder.node(Binary(.add), [square, one], "sum", [1, 4])
        let log = builder.node(Unary(.log), [sum], "log", [1, 4])
        let w = builder.constant("w last", [2, 4], random.floats(8))
        let last = builder.node(FullyConnected(), [log, w], "last", [1, 2])
        let y = builder.node(Unary(.relu), [last], "y", [1, 2])
        let result = try quantize(builder.finish(y))

        let real = names(result.model, .float32)
        #expect(real.isSuperset(of: ["first", "second", "square", "sum", "log"]))
        let reasons = result.records.flatMap(\.realOperators).filter { $0.reason.contains("logarithm") }
        #expect(Set(reasons.map(\.name)) == ["first", "second", "sum"])
        #expect(kinds(result.model).count { $0 == "FullyConnected int8" } == 2)
    }

    /// 0 beside numbers up to 1 and 0 compared with numbers up to 100.
    @Test func aConstantDoesNotTieItsReaders() throws {
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 8])
        let zero = builder.constant("zero", [1, 8], Array(repeating: 0, count: 8))
        let hundred = builder.constant("hundred", [1, 8], Array(repeating: 100, count: 8))
        let large = builder.node(Binary(.multiply), [x, hundred], "large", [1, 8])
        let isAbove = builder.node(Comparison(.greater), [large, zero], "above", [1, 8], .bool)
        let small = builder.node(Unary(.abs), [x], "small", [1, 8])
        let y = builder.node(Select(), [isAbove, small, zero], "y", [1, 8])
        let model = try quantize(builder.finish(y)).model

        let scales = Dictionary(
            model.main.valueIDs.map { model.main[$0] }.compactMap { value in
                value.quantization.map { (value.name, $0.scale) }
            }, uniquingKeysWith: { a, _ in a })
        let largest = try #require(scales["large_int8"] ?? scales["large"])
        let smallest = try #require(scales["small_int8"] ?? scales["small"])
        #expect(largest > 50 * smallest, "\(scales)")
    }

    @Test func weightsOfSeveralLayersAreStoredOnce() throws {
        var random = SeededGenerator(seed: 12)
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4])
        let w = builder.constant("w", [4, 4], random.floats(16))
        let first = builder.node(FullyConnected(), [x, w], "first", [1, 4])
        let active = builder.node(Unary(.relu), [first], "active", [1, 4])
        let second = builder.node(FullyConnected(), [active, w], "second", [1, 4])
        let model = try quantize(builder.finish(second), ["quantize"]).model

        let layers = model.main.order.filter { model.main[$0].operation is FullyConnected }
        let weights = layers.compactMap { model.main[$0].inputs[1] }
        #expect(weights.count == 2 && Set(weights).count == 1)
        #expect(weights.first.map { model.main[$0].type } == .int8)
    }

    /// A tensor of a .onnx whose type neither the file nor a rule tells.
    @Test func calibrationTellsTypes() throws {
        var random = SeededGenerator(seed: 13)
        var builder = GraphBuilder()
        let x = builder.input("x", [1, 4])
        let w = builder.constant("w", [4, 4], random.floats(16))
        let b = builder.constant("b", [4], random.floats(4))
        let undeclared = builder.node(Identity(), [x], "undeclared", [1, 4], .variant)
        let y = builder.node(Gemm(), [undeclared, w, b], "y", [1, 4], .variant)
        let model = try quantize(builder.finish(y, format: .onnx)).model

        #expect(model.main.valueIDs.allSatisfy { model.main[$0].type != .variant })
        #expect(
            model.main.order.contains { model.main[$0].inputs.contains { $0.map { model.main[$0].type } == .int8 } })
    }
}
