import Foundation
import ModelGraph
import Operators
import Runtime
import Testing

@testable import Evaluation

/// y = W·x with x [1, inputs] and W [outputs, inputs].
func linearModel(_ weights: [[Float]], bias: [Float]? = nil) -> Model {
    var graph = Graph(name: "linear")
    let x = graph.addValue(Value(name: "x", type: .float32, shape: [1, weights[0].count]))
    let w = graph.addValue(
        Value(
            name: "w", type: .float32, shape: [weights.count, weights[0].count],
            constant: TensorData(weights.flatMap { $0 })))
    let b = graph.addValue(
        Value(
            name: "b", type: .float32, shape: [weights.count],
            constant: TensorData(bias ?? Array(repeating: 0, count: weights.count))))
    let y = graph.addValue(Value(name: "y", type: .float32, shape: [1, weights.count]))
    graph.addNode(Node(FullyConnected(), inputs: [x, w, b], outputs: [y]))
    graph.setInterface(inputs: [x], outputs: [y])
    return Model(format: .tflite, graphs: [graph])
}

@Suite struct EvaluatorTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/data.npz"
        var writer = NPZWriter()
        let x: [Float] = [1, 0, 0, 1, 2, 1, -1, 3, 1, 1]
        try x.withUnsafeBytes { try writer.add("x", type: .float32, shape: [5, 2], bytes: $0) }
        try [Int64(0), 1, 1, 1, 0].withUnsafeBytes { try writer.add("y", type: .int64, shape: [5], bytes: $0) }
        try writer.write(to: path, replacing: false)
    }

    private func plan(_ weights: [[Float]]) throws -> Plan { try Plan(linearModel(weights)) }

    /// Dense layers take 16 samples at once: 37 samples are two batches and five by themselves.
    @Test(arguments: [1, 2]) func batchesGiveWhatSinglesDo(_ threads: Int) throws {
        let path = folder.path + "/many.npz"
        var writer = NPZWriter()
        let x = (0..<37).flatMap { [Float($0 % 5) - 2, Float($0 % 7) - 3] }
        try x.withUnsafeBytes { try writer.add("x", type: .float32, shape: [37, 2], bytes: $0) }
        let labels = (0..<37).map { Int64($0 % 2) }
        try labels.withUnsafeBytes { try writer.add("y", type: .int64, shape: [37], bytes: $0) }
        try writer.write(to: path, replacing: false)
        let dataset = try Dataset(path: path)
        let model = try plan([[1, 0.5], [-0.25, 1]])
        #expect(model.profitablyBatched() != nil)
        let expected = (0..<37).map { sample in
            let (a, b) = (x[2 * sample], x[2 * sample + 1])
            return a + 0.5 * b >= -0.25 * a + b ? 0 : 1
        }
        let pool = ThreadPool(threads: threads)
        #expect(try Evaluator.accuracy(of: model, on: dataset, threads: pool).predictions == expected)
        let one = try Evaluator.outputs(of: model, on: dataset, threads: pool)
        #expect(one.count == 37)
        let comparison = try Evaluator.compare(model, model, on: dataset, threads: pool)
        #expect(comparison.agreement == 1)
        #expect(comparison.outputs[0].maxAbs == 0)
    }

    /// With the identity as weights, the predictions are NumPy's `x.argmax(1)`: [0, 1, 0, 1, 0], the last a tie.
    @Test(arguments: [1, 3]) func accuracy(_ threads: Int) throws {
        let result = try Evaluator.accuracy(
            of: try plan([[1, 0], [0, 1]]), on: try Dataset(path: path), threads: ThreadPool(threads: threads))
        #expect(result.predictions == [0, 1, 0, 1, 0])
        #expect(result.correct == 4)
        #expect(result.top1 == 0.8)
    }

    @Test(arguments: [1, 3]) func comparison(_ threads: Int) throws {
        let result = try Evaluator.compare(
            try plan([[1, 0], [0, 1]]), try plan([[1, 0], [0, 2]]), on: try Dataset(path: path),
            threads: ThreadPool(threads: threads))
        #expect(result.count == 5)
        // [2, 1] and [1, 1] turn into [2, 2] and [1, 2]; the first stays 0, since the first largest counts.
        #expect(result.agreement == 0.8)
        let output = result.outputs[0]
        // Σ a² = 19 and Σ (a − b)² = 0 + 1 + 1 + 9 + 1.
        #expect(abs(try #require(output.snr) - 10 * log10(19.0 / 12)) < 1e-12)
        #expect(output.maxAbs == 3)
        let same = try Evaluator.compare(
            try plan([[1, 0], [0, 1]]), try plan([[1, 0], [0, 1]]), on: try Dataset(path: path),
            threads: ThreadPool(threads: threads))
        #expect(same.outputs[0].statistics.isIdentical)
    }

    /// Outputs that are known take the place of the model that made them.
    @Test(arguments: [1, 3]) func recordedOutputs(_ threads: Int) throws {
        let (a, b) = (try plan([[1, 0], [0, 1]]), try plan([[1, 0], [0, 2]]))
        let (dataset, pool) = (try Dataset(path: path), ThreadPool(threads: threads))
        let recorded = try Evaluator.outputs(of: a, on: dataset, threads: pool)
        #expect(
            try Evaluator.compare(a, recorded: recorded, b, on: dataset, threads: pool)
                == (try Evaluator.compare(a, b, on: dataset, threads: pool)))
        #expect(throws: DatasetError.self) {
            try Evaluator.compare(a, recorded: recorded, plan([[1, 0]]), on: dataset, threads: pool)
        }
    }

    @Test func labelsThatNameNoClass() throws {
        let error = #expect(throws: DatasetError.self) {
            try Evaluator.accuracy(
                of: try plan([[1, 0]]), on: try Dataset(path: path), threads: ThreadPool(threads: 1))
        }
        #expect(error?.message.contains("label 1 names no class") == true)
    }

    @Test func otherOutputsCannotBeCompared() throws {
        #expect(throws: DatasetError.self) {
            try Evaluator.compare(
                try plan([[1, 0]]), try plan([[1, 0], [0, 1]]), on: try Dataset(path: path),
                threads: ThreadPool(threads: 1))
        }
    }

    /// Fails for samples from the third on.
    private struct Failing: SampleSource {
        var count: Int { 40 }
        var summary: String { "failing" }
        var isSynthetic: Bool { true }
        func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
            if sample >= 2 { throw DatasetError(.unreadable, "sample \(sample)") }
        }
    }

    @Test(arguments: [1, 4]) func theEarliestFailureIsReported(_ threads: Int) throws {
        let plan = try plan([[1, 0]])
        let error = #expect(throws: DatasetError.self) {
            try Evaluator.compare(plan, plan, on: Failing(), threads: ThreadPool(threads: threads))
        }
        #expect(error?.message == "sample 2")
    }
}

@Suite struct BilinearResizerTests {
    /// The example `resize_upsample_scales_linear` of the ONNX specification, whose centers are half-pixel too.
    @Test func enlarging() throws {
        let resized = try BilinearResizer().resize(
            [1, 2, 3, 4], shape: [2, 2, 1], to: ImageInput.Size(height: 4, width: 4))
        #expect(
            resized == [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4])
    }

    @Test func imagesAreResizedWhenAsked() throws {
        let folder = try TemporaryFolder()
        let bytes = try #require(ImageFixture.all.first { $0.name == "RGB" }).bytes
        let path = try folder.write(bytes, to: "a.png")
        var preprocessing = Preprocessing()
        preprocessing.resizesToInput = true
        #expect(
            try Dataset(path: path, preprocessing: preprocessing).values(0, as: tensor([1, 10, 14, 3])).count == 420)
        preprocessing.resizesToInput = false
        preprocessing.resize = (height: 3, width: 4)
        #expect(try Dataset(path: path, preprocessing: preprocessing).values(0, as: tensor([1, 3, 3, 4])).count == 36)
        #expect(throws: DatasetError.self) {
            try Dataset(path: path, preprocessing: preprocessing).values(0, as: tensor([1, 3, 5, 3]))
        }
    }
}
