import ModelGraph
import Operators
import Testing

@testable import Optimization

@Suite struct RecognizeLayerNormTests {
    private var builder = GraphBuilder()
    private let shape: Shape = [2, 3, 8]
    private var random = SeededGenerator(seed: 5)

    private struct Form {
        var squares: Int = 0
        var isReciprocal = false
        var isAffine = true
        var axes: [Int32] = [-1]
        var affineShape: Shape = [8]
        var version = 17
    }

    private mutating func model(_ form: Form) -> Model {
        let x = builder.input("x", shape)
        let axes = builder.constant("axes", form.axes)
        let reduced: Shape = form.axes.count == 1 ? [2, 3, 1] : [2, 1, 1]
        let mean = builder.node(Reduce(.mean, keepsDimensions: true), [x, axes], "mean", reduced)
        let d = builder.node(Binary(.subtract), [x, mean], "d", shape)
        let square: ValueID
        switch form.squares {
        case 0: square = builder.node(Binary(.power), [d, builder.constant("two", [], [2])], "square", shape)
        case 1: square = builder.node(Binary(.multiply), [d, d], "square", shape)
        default: square = builder.node(Unary(.square), [d], "square", shape)
        }
        let variance = builder.node(Reduce(.mean, keepsDimensions: true), [square, axes], "variance", reduced)
        let sum = builder.node(
            Binary(.add), [variance, builder.constant("epsilon", [], [1e-3])], "sum", reduced)
        var y: ValueID
        if form.isReciprocal {
            let root = builder.node(Unary(.rsqrt), [sum], "root", reduced)
            y = builder.node(Binary(.multiply), [root, d], "normal", shape)
        } else {
            let root = builder.node(Unary(.sqrt), [sum], "root", reduced)
            y = builder.node(Binary(.divide), [d, root], "normal", shape)
        }
        if form.isAffine {
            let count = form.affineShape.elementCount!
            let gamma = builder.constant("gamma", form.affineShape, random.floats(count))
            y = builder.node(Binary(.multiply), [gamma, y], "scaled", shape)
            let beta = builder.constant("beta", form.affineShape, random.floats(count))
            y = builder.node(Binary(.add), [y, beta], "y", shape)
        }
        var model = builder.finish(y, format: .onnx)
        model.source = OperatorSets(["": form.version])
        return model
    }

    private func names(_ model: Model) throws -> [String] {
        let recognized = try PassRun.apply("recognize-layer-norm", to: model).model
        let inputs = PassRun.randomInputs(model, seed: 4)
        let (a, b) = (try PassRun.runtime(model, inputs), try PassRun.runtime(recognized, inputs))
        #expect(PassRun.difference(a.map { $0.map(Double.init) }, b.map { $0.map(Double.init) }) < 2e-6)
        return recognized.main.operatorNames
    }

    @Test(arguments: 0..<3, [false, true]) mutating func inAnyForm(squares: Int, isReciprocal: Bool) throws {
        let model = model(Form(squares: squares, isReciprocal: isReciprocal))
        #expect(try names(model) == ["LayerNormalization"])
        let recognized = try PassRun.apply("recognize-layer-norm", to: model).model
        let norm = try #require(
            recognized.main.order.first.map { recognized.main[$0].operation } as? LayerNormalization)
        #expect(norm == LayerNormalization(axis: -1, epsilon: 1e-3))
    }

    @Test mutating func overTwoAxes() throws {
        let model = model(Form(axes: [1, 2], affineShape: [3, 8]))
        #expect(try names(model) == ["LayerNormalization"])
    }

    @Test mutating func withoutScaleAndShift() throws {
        #expect(try names(model(Form(isAffine: false))) == ["LayerNormalization"])
    }

    /// A scale for another axis stays an operator of its own.
    @Test mutating func anotherScaleIsNotTaken() throws {
        let model = model(Form(affineShape: [3, 1]))
        #expect(try names(model) == ["LayerNormalization", "Multiply", "Add"])
    }

    @Test mutating func notOverOtherAxes() throws {
        let model = model(Form(isAffine: false, axes: [0]))
        #expect(try PassRun.apply("recognize-layer-norm", to: model).records[0].patches.isEmpty)
    }

    @Test mutating func notBeforeTheOperatorSetThatHasIt() throws {
        let model = model(Form(version: 16))
        #expect(try PassRun.apply("recognize-layer-norm", to: model).records[0].patches.isEmpty)
    }
}
