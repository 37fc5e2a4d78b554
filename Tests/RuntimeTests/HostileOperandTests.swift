import ModelGraph
import Operators
import Runtime
import Testing

/// Operands whose values or extents do not fit are refused, or reported by the kernel that reads them.
@Suite struct HostileOperandTests {
    private func constant<Element: BitwiseCopyable>(
        _ type: ElementType, _ sizes: [Int], _ elements: [Element], _ quantization: Quantization? = nil
    ) -> Value {
        Value(
            name: "c", type: type, shape: Shape(sizes), quantization: quantization, constant: TensorData(elements))
    }

    /// A model of one node, whose first operand is fed.
    private func model(
        _ operation: any ModelGraph.Operation, _ inputs: [Value], results: [Value]
    ) -> Model {
        var graph = Graph(name: "main")
        let ids = inputs.map { graph.addValue($0) }
        let outputs = results.map { graph.addValue($0) }
        graph.addNode(Node(operation, inputs: ids, outputs: outputs))
        graph.setInterface(inputs: [ids[0]], outputs: outputs)
        return Model(format: .onnx, graphs: [graph])
    }

    private func fed(_ type: ElementType, _ sizes: [Int], _ quantization: Quantization? = nil) -> Value {
        Value(name: "x", type: type, shape: Shape(sizes), quantization: quantization)
    }

    private func expectOutOfRange(_ model: Model, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: RuntimeError.self, sourceLocation: sourceLocation) {
            try RandomGraph.run(Plan(model))
        }
        #expect(error?.code == .indexOutOfRange, sourceLocation: sourceLocation)
    }

    @Test func indicesThatKernelsRead() {
        let x = fed(.float32, [1, 1, 4, 4])
        let cell = fed(.float32, [1, 1, 1, 1])
        for batch in [Int64(-1), 1, .max, .min] {
            expectOutOfRange(
                model(
                    RoiAlign(
                        isMax: false, rows: 1, columns: 1, samplingRatio: 1, scale: 1, usesHalfPixelCenters: false),
                    [x, constant(.float32, [1, 4], [Float](repeating: 1, count: 4)), constant(.int64, [1], [batch])],
                    results: [cell]))
            expectOutOfRange(
                model(
                    MaxRoiPool(rows: 1, columns: 1, scale: 1),
                    [x, constant(.float32, [1, 5], [Float(batch), 0, 0, 1, 1])], results: [cell]))
        }
        for target in [Int64(-1), 3, .max, .min] {
            for isLogarithmic in [false, true] {
                expectOutOfRange(
                    model(
                        CrossEntropyLoss(isLogarithmic: isLogarithmic),
                        [fed(.float32, [1, 3]), constant(.int64, [1], [target])], results: [fed(.float32, [])]))
            }
        }
        let angles = constant(.float32, [2, 1], [Float(1), 1])
        expectOutOfRange(
            model(
                RotaryEmbedding(),
                [fed(.float32, [1, 1, 1, 2]), angles, angles, constant(.int64, [1, 1], [Int64(2)])],
                results: [fed(.float32, [1, 1, 1, 2])]))
        expectOutOfRange(
            model(
                Unpool(window: [2, 2], strides: [2, 2]), [cell, constant(.int64, [1, 1, 1, 1], [Int64(4)])],
                results: [fed(.float32, [1, 1, 2, 2])]))
    }

    /// Statistics of no elements: the first result is empty, the others are not.
    @Test func statisticsOfNothing() {
        let c = constant(.float32, [4], [Float](repeating: 1, count: 4))
        let error = #expect(throws: RuntimeError.self) {
            try Plan(
                model(
                    TrainingBatchNormalization(), [fed(.float32, [0, 4]), c, c, c, c],
                    results: [fed(.float32, [0, 4]), fed(.float32, [4]), fed(.float32, [4])]))
        }
        #expect(error?.code == .invalidModel)
    }
}
