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
}
