import ModelGraph
import Operators

/// A convolution, a depthwise convolution, a mean and a dense layer, made without any file.
enum SmallModel {
    static func make() -> Model {
        var graph = Graph(name: "small")
        func weights(_ name: String, _ shape: [Int]) -> ValueID {
            let count = shape.reduce(1, *)
            let data = TensorData((0..<count).map { Float($0 % 7) - 3 })
            return graph.addValue(Value(name: name, type: .float32, shape: Shape(shape), constant: data))
        }
        func tensor(_ name: String, _ shape: [Int]) -> ValueID {
            graph.addValue(Value(name: name, type: .float32, shape: Shape(shape)))
        }
        let x = tensor("x", [1, 8, 8, 3])
        let y1 = tensor("y1", [1, 4, 4, 4])
        let y2 = tensor("y2", [1, 4, 4, 4])
        let y3 = tensor("y3", [1, 4])
        let y4 = tensor("y4", [1, 2])
        let axes = graph.addValue(
            Value(name: "axes", type: .int32, shape: [2], constant: TensorData([Int32](arrayLiteral: 1, 2))))
        graph.addNode(
            Node(
                Convolution(strides: [2, 2], padding: .same, activation: .relu6),
                inputs: [x, weights("w1", [4, 3, 3, 3]), weights("b1", [4])], outputs: [y1]))
        graph.addNode(
            Node(
                DepthwiseConvolution(strides: [1, 1], dilations: [2, 2], padding: .same),
                inputs: [y1, weights("w2", [1, 3, 3, 4]), weights("b2", [4])], outputs: [y2]))
        graph.addNode(Node(Reduce(.mean), inputs: [y2, axes], outputs: [y3]))
        graph.addNode(
            Node(FullyConnected(activation: .relu), inputs: [y3, weights("w4", [2, 4]), nil], outputs: [y4]))
        graph.setInterface(inputs: [x], outputs: [y4])
        return Model(
            format: .tflite, graphs: [graph],
            signatures: [
                Signature(
                    key: "serving_default", graph: 0, inputs: [.init(name: "x", value: x)],
                    outputs: [.init(name: "y", value: y4)])
            ])
    }
}
