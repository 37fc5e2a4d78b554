import Evaluation
import Foundation
import ModelGraph
import Testing

@testable import OptimizerKit

private let models = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Models").path

/// Top-1 in percent by LiteRT's reference kernels, from the models' manifest.
private func liteRTAccuracy(_ name: String) throws -> Double {
    let data = try Data(contentsOf: URL(fileURLWithPath: models + "/manifest.json"))
    let manifest = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let entries = try #require(manifest?["models"] as? [String: [String: Any]])
    return try #require((entries[name]?["top1_percent"] as? [String: Double])?["litert_reference"])
}

private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("job-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

@Suite("The job as a library call")
struct OptimizationJobTests {
    @Test("A result with its report; warnings and stages are told")
    func job() throws {
        let folder = try Folder()
        var options = OptimizationOptions(input: models + "/digits_dscnn.tflite")
        options.output = folder.path + "/out.tflite"
        options.quantization = .int8
        options.calibration = models + "/digits_calib.npz"
        options.evaluation = models + "/digits_eval.npz"
        options.gates.maximumDrop = 5
        let events = Events()
        let result = try OptimizationJob(options).run { events.add($0) }
        #expect(folder.contents == ["out.tflite"])
        #expect(result.outputBytes < result.inputBytes / 2)
        #expect(result.missedGates == [])
        #expect(result.warnings == [])
        let before = try #require(result.accuracyBefore)
        #expect(abs(100 * before - (try liteRTAccuracy("digits_dscnn.tflite"))) < 1e-9)
        #expect(try #require(result.accuracyAfter) > 0.95)
        #expect(events.stages == result.report.stages.map(\.name))
        #expect(result.json.contains("\"accuracyAfter\""))
        #expect(result.report.evaluation?.outputs.count == 1)
        #expect(result.report.after?.arenaBytes != nil)
    }

    @Test("Pruning that leaves every weight as it is says so", arguments: [["quantize", "prune"], ["prune"]])
    func nothingPruned(passes: [String]) throws {
        let folder = try Folder()
        let isLate = passes.count > 1
        var options = OptimizationOptions(
            input: models + (isLate ? "/digits_resnet.tflite" : "/digits_resnet_int8.tflite"))
        options.output = folder.path + "/out.tflite"
        options.quantization = isLate ? .weightOnly : nil
        options.pruning = .init(sparsity: 0.5)
        options.passes = passes
        let result = try OptimizationJob(options).run()
        let expected = isLate ? "the weights were quantized before" : "no layer has real weights that may be"
        #expect(result.warnings.contains("nothing was pruned: \(expected)"), "\(result.warnings)")
    }

    @Test("A run that changes nothing says so, where it is not there to measure")
    func nothingChanged() throws {
        let folder = try Folder()
        func warnings(_ input: String, to output: String, evaluating: Bool = false) throws -> [String] {
            var options = OptimizationOptions(input: input)
            options.output = folder.path + "/" + output
            options.evaluation = evaluating ? models + "/digits_eval.npz" : nil
            return try OptimizationJob(options).run().warnings
        }
        // It has batch norm to fold, and then no more.
        #expect(try warnings(models + "/digits_resnet.tflite", to: "a.tflite") == [])
        let again = try warnings(folder.path + "/a.tflite", to: "b.tflite")
        #expect(again.count == 1 && again[0].contains("the result is a copy"), "\(again)")
        #expect(try warnings(folder.path + "/a.tflite", to: "c.tflite", evaluating: true) == [])
        // There is nothing to make smaller in what is small already.
        #expect(try warnings(models + "/digits_resnet_int8.tflite", to: "d.tflite") == [])
    }

    @Test("Samples on which the input model only guesses are spoken of", arguments: [(0, true), (1, false)])
    func guessing(scale: Float, isGuess: Bool) throws {
        let folder = try Folder()
        var options = OptimizationOptions(input: models + "/digits_dscnn.tflite")
        options.output = folder.path + "/out.tflite"
        options.quantization = .dynamicRange
        options.evaluation = models + "/digits_eval.npz"
        options.scale = scale
        let warnings = try OptimizationJob(options).run().warnings
        #expect(warnings.contains { $0.contains("guessing among 10 classes") } == isGuess, "\(warnings)")
    }

    @Test("Without an evaluation set the outputs are compared on a few calibration samples")
    func comparison() throws {
        let folder = try Folder()
        var options = OptimizationOptions(input: models + "/digits_resnet.tflite")
        options.output = folder.path + "/out.tflite"
        options.quantization = .int8
        options.calibration = models + "/digits_calib.npz"
        let evaluation = try #require(try OptimizationJob(options).run().report.evaluation)
        #expect(evaluation.samples == 32)
        #expect(evaluation.accuracyBefore == nil)
        #expect(try #require(evaluation.outputs.first?.snr) > 15)
    }

    @Test(
        "What calibration has seen of the outputs is what running the model again gives",
        arguments: ["digits_resnet.tflite", "digits_dscnn.onnx", "digits_resnet.onnx", "digits_dscnn_f16.tflite"])
    func recordedComparison(_ name: String) throws {
        let folder = try Folder()
        var options = OptimizationOptions(input: models + "/" + name)
        options.output = folder.path + "/out." + (name.split(separator: ".").last.map(String.init) ?? "")
        options.replacesOutput = true
        options.quantization = .int8
        options.calibration = models + "/digits_calib.npz"
        // Layers cannot be compared without running both models.
        options.comparesLayers = true
        let again = try OptimizationJob(options).run().report.evaluation
        options.comparesLayers = false
        let once = try OptimizationJob(options).run().report.evaluation
        #expect(once?.outputs.first?.snr == again?.outputs.first?.snr)
        #expect(once?.outputs.first?.largestDifference == again?.outputs.first?.largestDifference)
        #expect(once?.agreement == again?.agreement)
        #expect(once?.samples == 32)
    }

    @Test("An error leaves nothing behind")
    func failure() throws {
        let folder = try Folder()
        var options = OptimizationOptions(input: models + "/README.md")
        options.output = folder.path + "/out.tflite"
        do throws(OptimizationError) {
            _ = try OptimizationJob(options).run()
            Issue.record("a text was read as a model")
        } catch {
            #expect(error.kind == .unreadable)
            #expect(error.description.contains("a text file"))
        }
        #expect(folder.contents == [])
    }

    @Test("Stopping after so many patches")
    func patchLimit() throws {
        let folder = try Folder()
        var options = OptimizationOptions(input: models + "/digits_resnet.tflite")
        options.quantization = .weightOnly
        options.patchLimit = 2
        options.output = folder.path + "/out.tflite"
        let report = try OptimizationJob(options).run().report
        #expect(report.passes.map(\.patches.count).reduce(0, +) == 2)
    }

    @Test("Where a result goes")
    func outputPath() {
        #expect(OptimizationOptions(input: "a/b.tflite").outputPath == "a/b.optimized.tflite")
        #expect(OptimizationOptions(input: "b.TFLITE").outputPath == "b.optimized.tflite")
        #expect(OptimizationOptions(input: "a.b/model").outputPath == "a.b/model.optimized.tflite")
    }

    private final class Events: @unchecked Sendable {
        private let lock = NSLock()
        private var found: [String] = []

        var stages: [String] { lock.withLock { found } }

        func add(_ event: OptimizationEvent) {
            if case .finished(let stage, _) = event { lock.withLock { found.append(stage) } }
        }
    }
}

@Suite("Running a model once")
struct ModelRunTests {
    /// The first sample of digits_eval.npz.
    private static let digit: [UInt8] = [
        0, 0, 2, 16, 8, 0, 0, 0, 0, 0, 8, 15, 5, 0, 0, 0, 0, 2, 16, 7, 0, 0, 0, 0, 0, 3, 16, 7, 5, 1, 0, 0, 0, 7, 16,
        16,
        16, 15, 3, 0, 0, 5, 16, 12, 4, 10, 14, 0, 0, 0, 14, 13, 5, 10, 15, 0, 0, 0, 3, 13, 16, 16, 7, 0,
    ]

    private func run(_ model: String, type: ElementType, shape: [Int], bytes: [UInt8], name: String) throws
        -> NumericArray
    {
        let folder = try Folder()
        var writer = NPZWriter()
        try bytes.withUnsafeBytes { try writer.add(name, type: type, shape: shape, bytes: $0) }
        try writer.write(to: folder.path + "/x.npz", replacing: false)
        let outputs = try ModelRun(
            model: models + "/" + model, arrays: folder.path + "/x.npz", output: folder.path + "/y.npz",
            replacesOutput: false, threads: 1
        ).run()
        #expect(outputs.map(\.name) == ["probabilities"])
        let reader = try NPZReader(path: folder.path + "/y.npz")
        return try reader.array(try #require(reader.member("probabilities")))
    }

    @Test("float32, as LiteRT's reference kernels do it")
    func float() throws {
        let output = try run(
            "digits_dscnn.tflite", type: .uint8, shape: [1, 8, 8, 1], bytes: Self.digit, name: "image")
        #expect(output.element == .float32 && output.shape == [1, 10])
        let values = output.rowMajorBytes().withUnsafeBytes { ArrayElement.float32.floats($0) }
        #expect(values.firstIndex(of: values.max() ?? 0) == 6)
        #expect(abs(values.reduce(0, +) - 1) < 1e-5)
    }

    @Test("int8, bit for bit as LiteRT's reference kernels do it, with a lone array of any name and no batch axis")
    func int8() throws {
        let output = try run(
            "digits_dscnn_int8.tflite", type: .float32, shape: [8, 8, 1],
            bytes: Self.digit.map { Float($0) }.withUnsafeBytes { Array($0) }, name: "x")
        // ai-edge-litert 2.3.0, BUILTIN_REF.
        let expected: [Int8] = [-127, -128, -128, -127, -127, -128, 123, -128, -127, -128]
        #expect(output.rowMajorBytes().map { Int8(bitPattern: $0) } == expected)
    }

    @Test("Several inputs along the first axis run the model once for each, in order")
    func rounds() throws {
        let blank = [UInt8](repeating: 0, count: 64)
        let name = "digits_dscnn_int8.tflite"
        let both = try run(name, type: .uint8, shape: [2, 8, 8, 1], bytes: Self.digit + blank, name: "image")
        let first = try run(name, type: .uint8, shape: [1, 8, 8, 1], bytes: Self.digit, name: "image")
        let second = try run(name, type: .uint8, shape: [1, 8, 8, 1], bytes: blank, name: "image")
        #expect(both.shape == [2, 10])
        #expect(both.rowMajorBytes() == first.rowMajorBytes() + second.rowMajorBytes())
        #expect(first.rowMajorBytes() != second.rowMajorBytes())
    }

    @Test("An input without its array, or of another shape, is refused")
    func mismatch() {
        #expect(throws: OptimizationError.self) {
            try run("digits_dscnn.tflite", type: .uint8, shape: [2, 8, 4, 1], bytes: Self.digit, name: "image")
        }
    }
}

@Suite("Files that are being written")
struct StagedFileTests {
    @Test("What is not committed is gone")
    func discarded() throws {
        let folder = try Folder()
        do {
            let file = try StagedFile(for: try OutputTarget(folder.path + "/a.json", replaces: false))
            try file.write("half")
            #expect(folder.contents.count == 1)
        }
        #expect(folder.contents == [])
    }

    @Test("A file that appears meanwhile is not overwritten")
    func race() throws {
        let folder = try Folder()
        let file = try StagedFile(for: try OutputTarget(folder.path + "/a.json", replaces: false))
        try file.write("ours")
        try "theirs".write(toFile: folder.path + "/a.json", atomically: true, encoding: .utf8)
        #expect(throws: OptimizationError.self) { try file.commit() }
        #expect(try String(contentsOfFile: folder.path + "/a.json", encoding: .utf8) == "theirs")
    }
}

@Suite("What a warning says of a model")
struct ModelFactsTests {
    /// A chain of operators whose results have these types.
    private func graph(_ types: [ElementType]) -> Graph {
        var graph = Graph(name: "chain")
        var last = graph.addValue(Value(name: "x", type: .float16, shape: [1]))
        for (index, type) in types.enumerated() {
            let next = graph.addValue(Value(name: "y\(index)", type: type, shape: [1]))
            graph.addNode(Node(OpaqueOperation(name: "F"), inputs: [last], outputs: [next]))
            last = next
        }
        return graph
    }

    @Test("Arithmetic of another precision is named, unless some is float32")
    func otherRealType() {
        #expect(graph([.float16, .float16]).otherRealType == .float16)
        #expect(graph([.int32, .float64]).otherRealType == .float64)
        #expect(graph([.float16, .float32]).otherRealType == nil)
        #expect(graph([.int8]).otherRealType == nil)
    }
}
