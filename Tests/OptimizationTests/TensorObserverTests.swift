import ModelGraph
import Runtime
import Testing

@testable import Optimization

@Suite struct TensorObserverTests {
    /// As large a part of a sample is counted whether it runs by itself or with others.
    @Test(arguments: [1, 1000, 100_003, 1_000_000], [1, 72, 1000])
    func samplesWeighTheSame(_ extent: Int, _ samples: Int) {
        let observer = TensorObserver(samples: samples, means: []) { _ in true }
        let one = Double(observer.step(over: extent, of: 1))
        for batch in [2, 16] {
            let many = Double(observer.step(over: extent * batch, of: batch))
            #expect(abs(many - one) <= max(1, 0.05 * one))
        }
    }

    private static let tensor = TensorInfo(
        value: ValueID(index: 0), name: "x", type: .float32, shape: [1, 200, 200, 8], quantization: nil)

    /// Clamped to [0, 6], both of which occur; batches differ.
    private func clamped(_ batch: Int) -> [Float] {
        var random = SeededGenerator(seed: UInt64(batch))
        return random.floats(200 * 200 * 8).map { max(0, min(6, 9 * $0)) }
    }

    private func observed(_ batches: [[Float]], isBounded: Bool) -> TensorObserver {
        let value = Self.tensor.value
        var observer = TensorObserver(
            samples: 100, means: [value], bounds: isBounded ? [value: (0, 6)] : [:], isCounted: { _ in true })
        for (index, batch) in batches.enumerated() {
            observer.begin(index)
            batch.withUnsafeBufferPointer { observer.observe(Self.tensor, $0) }
        }
        return observer
    }

    /// Who knows that no element lies outside of what was seen need not look at all of them.
    @Test func knownBoundsChangeNothing() throws {
        let batches = (0..<3).map(clamped)
        var (all, some) = (observed(batches, isBounded: false), observed(batches, isBounded: true))
        #expect(all.histograms == some.histograms)
        #expect(some.histograms[Self.tensor.value]?.maximum == 6)
        #expect(all.takeSums().mapValues(\.means) == some.takeSums().mapValues(\.means))
    }

    /// What is not finite is left out of both, whichever elements are looked at: threads come upon it in any order.
    @Test(arguments: [Float.nan, .infinity]) func onlyFiniteElementsAreCounted(_ element: Float) throws {
        var batches = (0..<3).map(clamped)
        for index in batches[1].indices where index % 3 == 0 { batches[1][index] = element }
        var (all, some) = (observed(batches, isBounded: false), observed(batches, isBounded: true))
        #expect(all.histograms == some.histograms)
        let means = try #require(all.takeSums()[Self.tensor.value]?.means)
        #expect(means == some.takeSums()[Self.tensor.value]?.means)
        #expect(means.allSatisfy { $0 > 0 && $0 < 6 })
    }

    /// Means of tensors with many elements are those of a part of them.
    @Test func largeTensorsAreSummedUpInPart() throws {
        let whole = clamped(0)
        var observer = observed([whole], isBounded: false)
        let means = try #require(observer.takeSums()[Self.tensor.value]?.means)
        for channel in 0..<8 {
            let expected = stride(from: channel, to: whole.count, by: 8).reduce(0) { $0 + Double(whole[$1]) } / 40_000
            #expect(abs(means[channel] - expected) < 0.12 && means[channel] != expected)
        }
    }

    /// No place of the samples counts more than others, however many there are: what is only in the lower half is half.
    @Test(arguments: [1, 4, 16, 50, 97, 100], [(320, 16), (112, 32), (224, 8), (56, 24)])
    func sumsComeFromAllPlaces(samples: Int, sizes: (extent: Int, channels: Int)) throws {
        let (extent, channels) = sizes
        let tensor = TensorInfo(
            value: ValueID(index: 0), name: "x", type: .float32, shape: [1, extent, extent, channels],
            quantization: nil)
        let half = extent * extent * channels / 2
        let image = [Float](repeating: 0, count: half) + [Float](repeating: 1, count: half)
        var observer = TensorObserver(samples: samples, means: [tensor.value]) { _ in false }
        for batch in 0..<samples {
            observer.begin(batch)
            image.withUnsafeBufferPointer { observer.observe(tensor, $0) }
        }
        let means = try #require(observer.takeSums()[tensor.value]?.means)
        #expect(means.allSatisfy { abs($0 - 0.5) < 1e-9 }, "\(means[0])")
    }
}
