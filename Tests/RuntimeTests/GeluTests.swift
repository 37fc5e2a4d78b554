import Foundation
import ModelGraph
import Operators
import Runtime
import Testing

@Suite struct GeluTests {
    private static func run(
        _ gelu: Gelu, _ x: [UInt8], _ type: ElementType, _ quantization: (Quantization, Quantization)? = nil
    ) throws -> [UInt8] {
        var graph = Graph(name: "gelu")
        let shape: Shape = [x.count * 8 / (type.bitWidth ?? 8)]
        let input = graph.addValue(Value(name: "x", type: type, shape: shape, quantization: quantization?.0))
        let output = graph.addValue(Value(name: "y", type: type, shape: shape, quantization: quantization?.1))
        graph.addNode(Node(gelu, inputs: [input], outputs: [output]))
        graph.setInterface(inputs: [input], outputs: [output])
        let execution = try Execution(Plan(Model(format: .tflite, graphs: [graph])))
        execution.withInputs { $0[0].copyBytes(from: x) }
        try execution.run()
        return execution.withOutput(0) { Array($0) }
    }

    /// What LiteRT 2.3.0's reference kernel gives for all bytes at scales 0.05 and 0.03, zero points 3 and -120.
    private static let exact = """
        iIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIh4eHh4eHh4e\
        Hh4aGhoaGhoWFhYWFhISEhISDg4ODg4OCgoKCgoKDg4ODg4SEhYWGhoeIiYqLjI2Oj5GSlJWXmJqbnZ+goqSmqKqrra+xs7W3ubq8vsDCxMbHycvNz9DS1N\
        bX2dvd3uDi4+Xn6Ors7u/x8/T2+Pn7/f4AAgMFBwgKDA0PERIUFhcZGxweICEjJSYoKistLzAyNDU3OTo8Pj9BQ0RGSElLTU5QUlNVVw==
        """

    @Test func bytesAreLiteRTs() throws {
        let parameters = (Quantization(scale: 0.05, zeroPoint: 3), Quantization(scale: 0.03, zeroPoint: -120))
        let found = try Self.run(Gelu(), (-128...127).map { UInt8(bitPattern: $0) }, .int8, parameters)
        #expect(Data(found) == Data(base64Encoded: Self.exact))
    }

    /// Expected values: x · Φ(x), and the formula with tanh, in double precision by NumPy and SciPy.
    @Test func realNumbers() throws {
        let x: [Float] = [-4, -1, 0, 0.5, 3]
        let expected: [Gelu.Kind: [Float]] = [
            .exact: [-0.00012668497, -0.15865525, 0, 0.34573123, 2.9959503],
            .tanh: [-7.02459482e-05, -0.15880801, 0, 0.34571401, 2.9963626],
            .logistic(alpha: 1.702): [-0.00441472, -0.15420423, 0, 0.35038844, 2.9819287],
        ]
        for (kind, wanted) in expected {
            let bytes = try Self.run(Gelu(kind), x.withUnsafeBytes(Array.init), .float32)
            let found = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 2e-6, "\(kind)") }
        }
    }
}
