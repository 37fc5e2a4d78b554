import ModelGraph
import Operators
import Runtime
import Testing

@testable import Evaluation

@Suite struct LayerErrorsTests {
    private struct Counting: SampleSource {
        var count: Int { 4 }
        var summary: String { "counted" }
        var isSynthetic: Bool { true }

        func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
            for buffer in buffers {
                for index in 0..<buffer.count / 4 {
                    buffer.storeBytes(of: Float(sample + index + 1), toByteOffset: 4 * index, as: Float.self)
                }
            }
        }
    }

    /// y = factor·x, z = |y|.
    private func model(factor: Float) throws -> Plan {
        var graph = Graph(name: "test")
        let x = graph.addValue(Value(name: "x", type: .float32, shape: [1, 3]))
        let f = graph.addValue(Value(name: "f", type: .float32, shape: [1], constant: TensorData([factor])))
        let y = graph.addValue(Value(name: "y", type: .float32, shape: [1, 3]))
        let z = graph.addValue(Value(name: "z", type: .float32, shape: [1, 3]))
        graph.addNode(Node(Binary(.multiply), inputs: [x, f], outputs: [y]))
        graph.addNode(Node(Unary(.abs), inputs: [y], outputs: [z]))
        graph.setInterface(inputs: [x], outputs: [z])
        return try Plan(Model(format: .tflite, graphs: [graph]))
    }

    /// An error of one part in a hundred is 40 dB.
    @Test(arguments: [1, 2]) func eachTensorHasItsRatio(threads: Int) throws {
        let errors = try Evaluator.layerErrors(
            of: try model(factor: 0.99), against: try model(factor: 1), on: Counting(),
            threads: ThreadPool(threads: threads))
        #expect(errors.map(\.name) == ["y", "z"])
        for error in errors { #expect(abs(try #require(error.snr) - 40) < 0.001) }
    }

    @Test func whatDoesNotDifferIsInfinitelyClose() throws {
        let plan = try model(factor: 2)
        let errors = try Evaluator.layerErrors(
            of: plan, against: plan, on: Counting(), threads: ThreadPool(threads: 1))
        #expect(errors.map(\.snr) == [.infinity, .infinity])
    }
}
