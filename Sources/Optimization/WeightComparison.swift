import ModelGraph
import Runtime

/// What has become of a layer's weights, gathered block by block.
package struct WeightComparison: Sendable {
    private let count: Int
    private var zeros = 0
    private var originalZeros = 0
    private var errors = SignalToNoise()

    /// - Parameter count: elements.
    init(count: Int) { self.count = count }

    mutating func countZeros(before: UnsafeBufferPointer<Float>, after: UnsafeBufferPointer<Float>) {
        originalZeros += WeightArithmetic.zeros(in: before)
        zeros += WeightArithmetic.zeros(in: after)
    }

    mutating func addErrors(before: UnsafeBufferPointer<Float>, after: UnsafeBufferPointer<Float>) {
        errors.add(before, after)
    }

    /// The share of zeros.
    package var sparsity: Double { count == 0 ? 0 : Double(zeros) / Double(count) }

    /// The share of zeros among the weights before.
    package var originalSparsity: Double { count == 0 ? 0 : Double(originalZeros) / Double(count) }

    /// In dB; nil if nothing was lost.
    package var signalToNoise: Double? { errors.decibels }
}

/// What a pass has measured of a constant while it made it, so that nothing has to be read again.
package struct KnownComparison: Sendable {
    /// The weights that the constant was made from, and the constant.
    var before: TensorData.Identity
    var after: TensorData.Identity
    /// What both were multiplied by, for each channel.
    var factors: [Float]
    var comparison: WeightComparison
}

/// How much of a signal is left, gathered block by block.
struct SignalToNoise {
    private var signal = 0.0
    private var noise = 0.0

    mutating func add(_ original: UnsafeBufferPointer<Float>, _ approximate: UnsafeBufferPointer<Float>) {
        WeightArithmetic.addErrors(of: approximate, against: original, signal: &signal, noise: &noise)
    }

    /// nil if nothing was lost.
    var decibels: Double? { noise > 0 && signal > 0 ? 10 * (signal / noise).log10 : nil }
}
