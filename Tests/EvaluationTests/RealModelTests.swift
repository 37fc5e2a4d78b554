import ModelGraph
import Runtime
import TFLiteFormat
import Testing

@testable import Evaluation

/// Real models on real data: every prediction, and the range that made-up samples assume.
@Suite(.needsShared) struct RealModelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var model: String
        var data: String
        var scale: Float = 1
        var correct: Int
        /// Of the predictions, each one byte.
        var checksum: UInt32
        var testDescription: String { model }
    }

    private func model(_ name: String) throws -> Model {
        try TFLiteReader.read(try MappedFile(path: "\(sharedFolder!)/models/\(name).tflite"))
    }

    /// From LiteRT's reference kernels: the predictions for the first 32 samples.
    @Test(arguments: [
        Case(model: "resnet8", data: "cifar10_eval.npz", correct: 18, checksum: 3068373934),
        Case(model: "kws_dscnn", data: "kws_eval.npz", correct: 29, checksum: 4196307444),
        Case(model: "resnet8_official_int8", data: "cifar10_eval.npz", correct: 21, checksum: 2233307604),
        Case(model: "kws_dscnn_official_int8", data: "kws_eval.npz", correct: 30, checksum: 4251520199),
        Case(model: "vww_mobilenet_official_int8", data: "person/eval", scale: 1 / 255, correct: 31, checksum: 1139948),
    ])
    func predictionsAreLiteRTs(_ test: Case) throws {
        let data = try Dataset(
            path: "\(sharedFolder!)/data/\(test.data)", preprocessing: Preprocessing(scale: test.scale, offset: 0),
            limit: 32)
        let result = try Evaluator.accuracy(
            of: try Plan(try model(test.model)), on: data, threads: ThreadPool(threads: 2))
        #expect(result.correct == test.correct)
        #expect(checksum(result.predictions.map { UInt8($0) }) == test.checksum)
    }

    /// The ranges are those that the models were trained with.
    @Test(arguments: [("resnet8", "0…255"), ("mnist_conv_fc", "0…1"), ("vww_mobilenet", "0…1")])
    func imageRangesAreFound(_ name: String, _ range: String) throws {
        let samples = try SyntheticSamples(for: try model(name), count: 4)
        #expect(samples.assumptions.map(\.name) == [range])
        #expect(samples.summary.hasPrefix("4 synthetic samples: made-up images with \(range)"))
    }

    /// The official int8 model takes -84.9…14.9, which a deviation of 16 to 32 fills.
    @Test func spreadOfFeaturesIsFound() throws {
        #expect(try SyntheticSamples(for: try model("toycar"), count: 4).assumptions.map(\.scale) == [16])
    }

    @Test func quantizedModelsTellTheirRange() throws {
        let samples = try SyntheticSamples(for: try model("vww_mobilenet_official_int8"), count: 2)
        #expect(samples.assumptions.map(\.scale) == [1])
        #expect(samples.assumptions.map(\.offset) == [0])
    }
}
