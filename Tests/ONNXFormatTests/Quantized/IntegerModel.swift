import ModelGraph
import Operators

/// A small network of integer operators as a pass makes it:
///
///     x → Quantize → Conv → Relu → MaxPool → Add (with the Relu) → GlobalAveragePool → Flatten → Gemm → Dequantize → y
struct IntegerModel {
    var graph = Graph(name: "integer")

    static let activation = Quantization(scale: 0.05, zeroPoint: 0)
    static let scales: [Float] = [0.01, 0.02, 0.03]

    /// - Parameters:
    ///   - relu: the clamp behind the convolution.
    ///   - pooled: the parameters behind MaxPool.
    init(type: ElementType = .uint8, relu: Unary = Unary(.relu), pooled: Quantization = activation) {
        let input = Quantization(scale: 0.1, zeroPoint: type == .uint8 ? 128 : 0)
        var activation = IntegerModel.activation
        if type == .int8 { activation.zeroPoints = [-128] }
        let x = value("x", .float32, [1, 2, 4, 4])
        let xq = value("xq", type, [1, 2, 4, 4], input)
        node(Quantize(), [x], xq)
        let w = constant(
            "w", .int8, [3, 2, 3, 3], Quantization(scales: Self.scales, axis: 0), (0..<54).map { Int8($0 - 27) })
        let b = constant(
            "b", .int32, [3], Quantization(scales: Self.scales.map { input.scale * $0 }, axis: 0),
            [5, -5, 7] as [Int32])
        let c = value("c", type, [1, 3, 4, 4], activation)
        let one = Padding.Amount(before: 1, after: 1)
        node(Convolution(strides: [1, 1], padding: .explicit([one, one]), layout: .channelsFirst), [xq, w, b], c)
        let r = value("r", type, [1, 3, 4, 4], activation)
        node(relu, [c], r)
        let same = Padding.Amount(before: 0, after: 2)
        let m = value("m", type, [1, 3, 4, 4], type == .uint8 ? pooled : activation)
        node(
            Pool(.max, window: [3, 3], strides: [1, 1], padding: .explicit([same, same]), layout: .channelsFirst), [r],
            m)
        let a = value("a", type, [1, 3, 4, 4], Quantization(scale: 0.08, zeroPoint: activation.zeroPoint))
        node(Binary(.add), [m, r], a)
        let p = value("p", type, [1, 3, 1, 1], Quantization(scale: 0.06, zeroPoint: activation.zeroPoint))
        node(GlobalPool(.average, layout: .channelsFirst), [a], p)
        let f = value("f", type, [1, 3], Quantization(scale: 0.06, zeroPoint: activation.zeroPoint))
        node(Flatten(), [p], f)
        let v = constant("v", .int8, [3, 5], Quantization(scale: 0.5, zeroPoint: 0), (0..<15).map { Int8($0) })
        let d = constant("d", .int32, [5], Quantization(scales: [0.06 * 0.5], axis: nil), [1, 2, 3, 4, 5] as [Int32])
        let g = value("g", type, [1, 5], Quantization(scale: 0.2, zeroPoint: 3))
        node(Gemm(), [f, v, d], g)
        let y = value("y", .float32, [1, 5])
        node(Dequantize(), [g], y)
        graph.setInterface(inputs: [x], outputs: [y])
    }

    var model: Model { Model(format: .onnx, graphs: [graph]) }

    private mutating func value(
        _ name: String, _ type: ElementType, _ shape: Shape, _ quantization: Quantization? = nil
    ) -> ValueID {
        graph.addValue(Value(name: name, type: type, shape: shape, quantization: quantization))
    }

    private mutating func constant<Element: BitwiseCopyable>(
        _ name: String, _ type: ElementType, _ shape: Shape, _ quantization: Quantization, _ elements: [Element]
    ) -> ValueID {
        graph.addValue(
            Value(name: name, type: type, shape: shape, quantization: quantization, constant: TensorData(elements)))
    }

    private mutating func node(_ operation: any Operation, _ inputs: [ValueID?], _ output: ValueID) {
        graph.addNode(Node(operation, inputs: inputs, outputs: [output]))
    }
}

extension Graph {
    /// Operators with the types, parameters and constants around them, to compare graphs whose identifiers differ.
    var outline: [String] {
        order.map { id in
            let node = self[id]
            func describe(_ id: ValueID) -> String {
                let value = self[id]
                let quantization = value.quantization.map { " \($0.scales) \($0.zeroPoints) \($0.axis ?? -1)" } ?? ""
                let data = value.constant.map { " \($0.withUnsafeBytes(Array.init))" } ?? ""
                return "\(value.type)\(value.shape?.description ?? "?")\(quantization)\(data)"
            }
            return "\(node.operation) \(node.inputs.map { $0.map(describe) ?? "–" }) \(describe(node.outputs[0]))"
        }
    }

    var operationNames: [String] { order.map { self[$0].operation.name } }
}
