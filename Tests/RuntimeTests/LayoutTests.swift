import Foundation
import ModelGraph
import ONNXFormat
import Operators
import Runtime
import Testing

/// Models whose channels stand first are stored with the channels last; nobody outside sees that.
@Suite struct LayoutTests {
    /// x [N, 2, 2, 3] → 1x1 convolution that swaps the two channels → relu.
    private func model(batch: ModelGraph.Dimension = .fixed(1)) -> (Model, ValueID, ValueID) {
        var graph = Graph(name: "main")
        let shape = Shape(dimensions: [batch, .fixed(2), .fixed(2), .fixed(3)])
        let x = graph.addValue(Value(name: "x", type: .float32, shape: shape))
        let w = graph.addValue(
            Value(name: "w", type: .float32, shape: [2, 2, 1, 1], constant: TensorData([0, 1, 1, 0] as [Float])))
        let swapped = graph.addValue(Value(name: "swapped", type: .float32, shape: nil))
        let y = graph.addValue(Value(name: "y", type: .float32, shape: nil))
        let convolution = Convolution(strides: [1, 1], layout: .channelsFirst)
        graph.addNode(Node(convolution, inputs: [x, w], outputs: [swapped]))
        graph.addNode(Node(Unary(.relu), inputs: [swapped], outputs: [y]))
        graph.setInterface(inputs: [x], outputs: [y])
        return (Model(format: .onnx, graphs: [graph]), swapped, y)
    }

    @Test(arguments: [false, true])
    func valuesAreSeenInTheModelsOrder(_ keepsAllValues: Bool) throws {
        let (model, swapped, y) = model()
        var options = PlanOptions()
        options.keepsAllValues = keepsAllValues
        options.joinsOperators = false
        let plan = try Plan(model, options: options)
        let execution = try Execution(plan)
        let input = (0..<12).map { Float($0) - 3 }
        execution.withInputs { $0[0].copyBytes(from: input.withUnsafeBytes(Array.init)) }
        var seen: [ValueID: [Float]] = [:]
        try execution.run { value, bytes in seen[value] = Array(bytes.assumingMemoryBound(to: Float.self)) }
        let expected = Array(input[6...] + input[..<6])
        #expect(seen[swapped] == expected)
        #expect(seen[y] == expected.map { max(0, $0) })
        #expect(execution.withOutput(0) { Array($0.assumingMemoryBound(to: Float.self)) } == seen[y])
        let kept = execution.withTensor(swapped) { Array($0.assumingMemoryBound(to: Float.self)) }
        #expect(kept == (keepsAllValues ? expected : nil))
        #expect(plan.info(of: swapped)?.shape == [1, 2, 2, 3])
        #expect(plan.info(of: swapped)?.channelAxis == 1)
        #expect(plan.info(of: y)?.channelAxis == 1)
        #expect(plan.inputs[0].channelAxis == 1)
    }

    @Test func openExtents() throws {
        let (model, _, _) = model(batch: .dynamic(symbol: "N"))
        #expect(try Plan(model).inputs[0].shape == [1, 2, 2, 3])
        var options = PlanOptions()
        options.inputShapes = ["x": [4, 2, 2, 3]]
        #expect(try Plan(model, options: options).outputs[0].shape == [4, 2, 2, 3])
        options.inputShapes = ["x": [4, 3, 2, 3]]
        #expect(throws: RuntimeError.self) { try Plan(model, options: options) }
    }

    /// Expected: onnxruntime 1.31.1, by `Scripts/make-golden-onnx-models`.
    @Test(.enabled(if: ModelGolden.isThere, "needs the shared models, beside the package or at OPTIMIZE_SHARED"))
    func wholeModels() throws {
        struct Golden: Decodable {
            var model: String
            var outputs: [[Float]]
        }
        let data = try Data(contentsOf: GoldenCase.folder.appendingPathComponent("onnx-models.json"))
        for golden in try JSONDecoder().decode([Golden].self, from: data) {
            let path = ModelGolden.shared.appendingPathComponent("models/\(golden.model)").path
            let plan = try Plan(try ONNXReader.read(MappedFile(path: path)))
            let execution = try Execution(plan, pool: ThreadPool(threads: 2), sharesAll: true)
            execution.withInputs { buffers in
                for (index, buffer) in buffers.enumerated() {
                    var generator = Generator(state: UInt64(index + 1))
                    for k in 0..<buffer.count / 4 {
                        let value = (Float(generator.next() >> 56) - 128) / 64
                        buffer.storeBytes(of: value, toByteOffset: k * 4, as: Float.self)
                    }
                }
            }
            try execution.run()
            for (index, expected) in golden.outputs.enumerated() {
                let error = execution.withOutput(index) { bytes in
                    expected.withUnsafeBytes { relativeError(bytes.prefix($0.count), Array($0)) }
                }
                #expect(error <= 1e-5, "\(golden.model)")
            }
        }
    }
}
