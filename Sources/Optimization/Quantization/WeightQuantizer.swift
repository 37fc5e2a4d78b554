import ModelGraph

/// Quantizes the weights of linear operators: int8 in [-127, 127], zero point 0, a scale for each output channel or one
/// for all.
///
/// - Source: LiteRT 8-bit quantization specification.
package enum WeightQuantizer {
    package struct Result: Sendable {
        package var integers: [Int8]
        /// One for each channel, or one.
        package var scales: [Float]
        /// The real numbers that the integers stand for.
        package var dequantized: WeightTensor
    }

    /// One scale for a whole dense layer is what the specification asks for, and what every engine takes. Where rows
    /// differ so much that it leaves the weights a signal-to-noise ratio below this, in dB, each channel has its own.
    package static let leastSharedScaleSNR = 20.0

    /// The weights of a dense layer: one scale, or one for each channel where that would lose too much.
    package static func quantizeDense(_ weights: WeightTensor, minimumScales: [Float]? = nil) -> Result {
        var shared = WeightTensor(values: weights.values, sizes: [1, weights.values.count], channelAxis: 0)
        let result = quantize(shared, minimumScales: minimumScales.map { [$0.max() ?? 0] })
        shared = result.dequantized
        if let ratio = signalToNoise(weights.values, shared.values), ratio < leastSharedScaleSNR {
            return quantize(weights, minimumScales: minimumScales)
        }
        var dequantized = weights
        dequantized.values = shared.values
        return Result(integers: result.integers, scales: result.scales, dequantized: dequantized)
    }

    /// A scale for each channel.
    ///
    /// - Parameters:
    ///   - minimumScales: a lower bound for each channel's scale, so that the int32 bias cannot overflow.
    package static func quantize(_ weights: WeightTensor, minimumScales: [Float]? = nil) -> Result {
        let magnitudes = weights.maximumMagnitudes()
        let largest = magnitudes.max() ?? 0
        var scales = magnitudes.map { magnitude in
            // A channel of zeros has no scale of its own; the layer's keeps its bias as fine as the others'.
            let scale = (magnitude > 0 ? magnitude : largest) / 127
            return scale.isNormal ? scale : (largest > 0 ? .leastNormalMagnitude : 1)
        }
        if let minimumScales { scales = zip(scales, minimumScales).map(max) }
        var integers = Array(repeating: Int8(0), count: weights.values.count)
        var dequantized = weights
        integers.withUnsafeMutableBufferPointer { integers in
            dequantized.values.withUnsafeMutableBufferPointer { values in
                weights.forEachRun { channel, range in
                    let scale = scales[channel]
                    for index in range {
                        let integer = max(-127, min(127, (values[index] / scale).rounded(.toNearestOrEven)))
                        integers[index] = Int8(integer.isNaN ? 0 : integer)
                        values[index] = Float(integers[index]) * scale
                    }
                }
            }
        }
        return Result(integers: integers, scales: scales, dequantized: dequantized)
    }

    /// The least scale of each channel with which the bias stays well within int32.
    ///
    /// - Parameters:
    ///   - bias: the group's effective bias b·γ + β.
    ///   - gamma: what the channel's scale will still be multiplied by.
    package static func minimumScales(bias: [Double], gamma: [Double], inputScale: Float) -> [Float] {
        zip(bias, gamma).map { bias, gamma in
            // Half of int32's range is left to the accumulator.
            let least = abs(bias) / (0x1p30 * Double(inputScale) * abs(gamma))
            return least.isFinite ? Float(min(least, 0x1p100)) : 0
        }
    }

    /// Signal-to-noise ratio in dB; nil if nothing was lost.
    package static func signalToNoise(_ original: [Float], _ approximate: [Float]) -> Double? {
        var signal = 0.0
        var noise = 0.0
        for (a, b) in zip(original, approximate) {
            signal += Double(a) * Double(a)
            noise += Double(a - b) * Double(a - b)
        }
        return noise > 0 && signal > 0 ? 10 * (signal / noise).log10 : nil
    }
}

extension Value {
    /// An int32 bias with scale input·weight, for each channel or for all.
    static func quantizedBias(_ bias: [Double], inputScale: Float, weightScales: [Float], name: String) -> Value {
        let scales = weightScales.map { inputScale * $0 }
        let integers = bias.indices.map { channel in
            let scale = scales[scales.count == 1 ? 0 : channel]
            let quotient = (bias[channel] / Double(scale)).rounded(.toNearestOrAwayFromZero)
            return quotient.isNaN ? 0 : Int32(max(Double(Int32.min), min(Double(Int32.max), quotient)))
        }
        return Value(
            name: name, type: .int32, shape: [bias.count],
            quantization: Quantization(scales: scales, axis: scales.count == 1 ? nil : 0),
            constant: TensorData(integers))
    }
}
