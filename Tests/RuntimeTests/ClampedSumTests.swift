import ModelGraph
import Operators
import Runtime
import Testing

/// Sums of bytes with a fused activation, which a .tflite has and the engine for .onnx knows nothing of.
@Suite struct ClampedSumTests {
    private static func plan(_ type: ElementType, zeroPoint: Int64, _ activation: Activation) throws -> Plan {
        var graph = Graph(name: "main")
        let values = ["a", "b", "y"].map { name in
            graph.addValue(
                Value(
                    name: name, type: type, shape: [1, 256],
                    quantization: Quantization(scale: 0.125, zeroPoint: zeroPoint)))
        }
        graph.addNode(Node(Binary(.add, activation: activation), inputs: [values[0], values[1]], outputs: [values[2]]))
        graph.setInterface(inputs: [values[0], values[1]], outputs: [values[2]])
        var options = PlanOptions()
        options.numerics = .onnxruntime
        return try Plan(Model(format: .tflite, graphs: [graph]), options: options)
    }

    /// With one scale throughout, the sum of integers is exact: expected values follow from the formula.
    @Test(arguments: [(ElementType.int8, Int64(4)), (.uint8, 100)], [Activation.none, .relu, .relu6])
    func sums(tensor: (ElementType, Int64), activation: Activation) throws {
        let (type, zeroPoint) = (tensor.0, Int(tensor.1))
        let execution = try Execution(Self.plan(type, zeroPoint: tensor.1, activation))
        var operands: [[UInt8]] = []
        execution.withInputs { buffers in
            for (step, buffer) in zip([1, 37], buffers) {
                for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index * step) }
                operands.append(Array(buffer))
            }
        }
        try execution.run()
        let isSigned = type == .int8
        func integer(_ byte: UInt8) -> Int { isSigned ? Int(Int8(bitPattern: byte)) : Int(byte) }
        let range = isSigned ? -128...127 : 0...255
        let lower = activation == .none ? range.lowerBound : zeroPoint
        let upper = activation == .relu6 ? zeroPoint + 48 : range.upperBound
        let expected = zip(operands[0], operands[1]).map { a, b in
            max(lower, min(upper, integer(a) + integer(b) - zeroPoint))
        }
        #expect(execution.withOutput(0) { $0.map(integer) } == expected)
    }
}
