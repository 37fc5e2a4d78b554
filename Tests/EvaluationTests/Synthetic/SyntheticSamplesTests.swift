import ModelGraph
import Testing

@testable import Evaluation

@Suite struct SyntheticImageTests {
    @Test(arguments: [(16, 16, 3), (28, 28, 1), (17, 40, 3)])
    func imagesLookLikeImages(_ height: Int, _ width: Int, _ channels: Int) {
        var random = RandomNumbers(seed: 1, stream: 2)
        var neighbors = 0.0
        var spread = 0.0
        for _ in 0..<8 {
            let image = SyntheticImage.make(height: height, width: width, channels: channels, random: &random)
            #expect(image.count == height * width * channels)
            #expect(image.allSatisfy { (0...1).contains($0) })
            let mean = image.reduce(0, +) / Float(image.count)
            #expect((0.15...0.85).contains(mean))
            for index in 0..<(image.count - channels) {
                let difference = Double(image[index + channels] - image[index])
                neighbors += difference * difference
                spread += Double((image[index] - mean) * (image[index] - mean))
            }
        }
        // Neighbors of independent pixels would differ by twice the variance.
        #expect(neighbors < 0.8 * spread)
    }

    @Test func randomNumbersDependOnSeedAndStream() {
        func numbers(_ seed: UInt64, _ stream: UInt64) -> [UInt64] {
            var random = RandomNumbers(seed: seed, stream: stream)
            return (0..<4).map { _ in random.next() }
        }
        #expect(numbers(1, 2) == numbers(1, 2))
        #expect(numbers(1, 2) != numbers(1, 3))
        #expect(numbers(1, 2) != numbers(2, 2))
        var random = RandomNumbers(seed: 5, stream: 0)
        let normals = (0..<20_000).map { _ in Double(random.normal()) }
        let mean = normals.reduce(0, +) / 20_000
        #expect(abs(mean) < 0.03)
        #expect(abs(normals.reduce(0) { $0 + $1 * $1 } / 20_000 - 1) < 0.05)
    }
}

@Suite struct InputAssumptionTests {
    @Test func quantizedInputsTellTheirRange() throws {
        let input = tensor([1, 32, 32, 3], .int8, quantization: Quantization(scale: 1 / 255, zeroPoint: -128))
        let known = try #require(InputAssumption.known(for: input))
        #expect(known.kind == .image)
        #expect(known.scale == 1)
        #expect(known.offset == 0)
        let hostile = tensor([1, 8], .uint8, quantization: Quantization(scale: 1, zeroPoint: .min))
        #expect(InputAssumption.known(for: hostile)?.kind == .noise)
        #expect(InputAssumption.known(for: tensor([1, 8], .int64))?.kind == .integers)
        #expect(InputAssumption.known(for: tensor([1, 8])) == nil)
    }

    @Test func imagesAreToldByTheirShape() {
        #expect(InputAssumption.isImage(tensor([1, 96, 96, 3])))
        #expect(InputAssumption.isImage(tensor([1, 3, 224, 224])))
        #expect(InputAssumption.isImage(tensor([1, 28, 28, 1])))
        #expect(!InputAssumption.isImage(tensor([1, 49, 10, 1])))
        #expect(!InputAssumption.isImage(tensor([1, 640])))
        #expect(!InputAssumption.isImage(tensor([1, 32, 32, 16])))
    }

    @Test func layoutsHoldTheSameImage() {
        let assumption = InputAssumption.images[0]
        var first = RandomNumbers(seed: 3, stream: 1)
        var second = first
        let last = assumption.values(for: tensor([1, 20, 24, 3]), random: &first)
        let planes = assumption.values(for: tensor([1, 3, 20, 24]), random: &second)
        for pixel in 0..<480 {
            for channel in 0..<3 where planes[channel * 480 + pixel] != last[pixel * 3 + channel] {
                Issue.record("pixel \(pixel) differs")
            }
        }
    }
}

@Suite struct SyntheticSamplesTests {
    /// A layer whose weights were scaled for inputs of deviation 16 gives results of deviation 1 for those only.
    @Test func theRangeIsReadFromTheWeights() throws {
        var random = RandomNumbers(seed: 9, stream: 0)
        let weights = (0..<32).map { _ in (0..<64).map { _ in random.normal() / (16 * 8) } }
        let model = linearModel(weights)
        let samples = try SyntheticSamples(for: model, count: 6)
        #expect(samples.count == 6)
        #expect(samples.isSynthetic)
        #expect(samples.assumptions.map(\.scale) == [16])
        #expect(samples.summary.contains("a deviation of 16"))
        let input = tensor([1, 64])
        let again = try SyntheticSamples(for: model, count: 6)
        #expect(try samples.values(3, as: input) == again.values(3, as: input))
        #expect(try samples.values(3, as: input) != samples.values(4, as: input))
        #expect(throws: DatasetError.self) { try samples.values(0, as: [input, input]) }
        #expect(throws: DatasetError.self) { try samples.values(6, as: input) }
    }
}
