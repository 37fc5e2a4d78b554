import ModelGraph
import Operators

/// Spells dense layers with int8 weights and real operands as products of integers that are quantized while running.
///
///     MatrixMultiplication(x, w)   ⟹   q, s, z = DynamicQuantizeLinear(x)
///                                      Cast(MatMulInteger(q, w, z)) · (s · scale w) (+ bias)
///
/// onnxruntime makes one operator of these, and runs it about ten times as fast as it dequantizes the weights for each run.
/// Convolutions keep DequantizeLinear: ConvInteger is slower than that in onnxruntime, and far slower in OpenVINO.
struct DynamicProducts {
    private let graph: Graph
    /// The integers, scale and zero point of an operand that was quantized already.
    private var quantized: [ValueID: [ValueID]] = [:]
    private var plainWeights: [ValueID: ValueID] = [:]

    init(_ graph: Graph) { self.graph = graph }

    /// A dense layer of two axes.
    private struct Layer {
        var x: ValueID
        var weights: ValueID
        var bias: ValueID?
        /// Whether the weights are [N, K].
        var isTransposed: Bool
    }

    private func layer(_ node: Node) -> Layer? {
        guard node.inputs.count >= 2, let x = node.inputs[0], let w = node.inputs[1], graph[x].type == .float32,
            graph[w].type == .int8, graph[w].constant != nil, graph[w].shape?.sizes?.count == 2,
            let quantization = graph[w].quantization, quantization.blockSize == nil,
            quantization.zeroPoints.allSatisfy({ $0 == 0 }), node.outputs.count == 1,
            graph[node.outputs[0]].type == .float32
        else { return nil }
        let layer: Layer
        switch node.operation {
        case is MatrixMultiplication: layer = Layer(x: x, weights: w, isTransposed: false)
        case let gemm as Gemm where gemm.alpha == 1 && !gemm.transposesA:
            let bias = node.inputs.count > 2 ? node.inputs[2] : nil
            guard bias == nil || gemm.beta == 1 && bias.map({ graph[$0].type == .float32 }) == true else { return nil }
            layer = Layer(x: x, weights: w, bias: bias, isTransposed: gemm.transposesB)
        default: return nil
        }
        guard quantization.scales.count == 1 || quantization.axis == (layer.isTransposed ? 0 : 1) else { return nil }
        return layer
    }

    /// - Returns: false, with nothing done, if the node is no such layer.
    mutating func spell(_ id: NodeID, in patch: inout GraphPatch) -> Bool {
        let node = graph[id]
        guard let layer = layer(node), let scales = graph[layer.weights].quantization?.scales else { return false }
        let output = node.outputs[0]
        let name = graph[output].name
        func value(_ part: String, _ type: ElementType, _ shape: Shape?) -> ValueID {
            patch.addValue(Value(name: "\(name)/\(part)", type: type, shape: shape))
        }
        func add(_ operation: any Operation, _ inputs: [ValueID], _ outputs: [ValueID]) {
            patch.addNode(Node(operation, inputs: inputs, outputs: outputs), before: id)
        }
        let x =
            quantized[layer.x]
            ?? {
                let source = graph[layer.x]
                let parts = [
                    patch.addValue(Value(name: "\(source.name)/quantized", type: .uint8, shape: source.shape)),
                    patch.addValue(Value(name: "\(source.name)/scale", type: .float32, shape: [])),
                    patch.addValue(Value(name: "\(source.name)/zero_point", type: .uint8, shape: [])),
                ]
                add(DynamicQuantize(), [layer.x], parts)
                return parts
            }()
        quantized[layer.x] = x
        let weights = plainWeights[layer.weights] ?? patch.addValue(plain(layer))
        plainWeights[layer.weights] = weights
        let shape = graph[output].shape
        let (sums, real) = (value("sums", .int32, shape), value("real", .float32, shape))
        add(IntegerMatrixMultiplication(), [x[0], weights, x[2]], [sums])
        add(Cast(to: .float32), [sums], [real])
        let factors = patch.addValue(
            Value(
                name: "\(graph[layer.weights].name)/scale", type: .float32,
                shape: scales.count == 1 ? [] : [scales.count], constant: TensorData(scales)))
        let factor = value("scale", .float32, scales.count == 1 ? [] : [scales.count])
        add(Binary(.multiply), [x[1], factors], [factor])
        let product = layer.bias == nil ? output : value("product", .float32, shape)
        patch.removeNode(id)
        add(Binary(.multiply), [real, factor], [product])
        if let bias = layer.bias { add(Binary(.add), [product, bias], [output]) }
        return true
    }

    /// The weights as [K, N], as integers that stand for themselves.
    private func plain(_ layer: Layer) -> Value {
        var value = graph[layer.weights]
        value.quantization = nil
        guard layer.isTransposed, let sizes = value.shape?.sizes, let constant = value.constant else { return value }
        let (rows, columns) = (sizes[0], sizes[1])
        value.shape = [columns, rows]
        value.source = nil
        value.constant = constant.withUnsafeBytes { bytes in
            guard bytes.count == rows * columns else { return constant }
            return TensorData(
                bytes: [UInt8](unsafeUninitializedCapacity: bytes.count) { target, count in
                    for column in 0..<columns {
                        for row in 0..<rows { target[column * rows + row] = bytes[row * columns + column] }
                    }
                    count = bytes.count
                })
        }
        return value
    }
}
