import ModelGraph

/// Quantizes the weights of linear operators: int8 in [-127, 127], zero point 0, a scale for each output channel.
///
/// - Source: LiteRT 8-bit quantization specification.
package enum WeightQuantizer {
    package struct Result: Sendable {
        package var integers: [Int8]
        package var scales: [Float]
        /// The real numbers that the integers stand for.
        package var dequantized: WeightTensor
    }

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
        for channel in 0..<weights.channels {
            let scale = scales[channel]
            weights.forEachIndex(ofChannel: channel) { index in
                let quotient = weights.values[index] / scale
                let integer = max(-127, min(127, quotient.rounded(.toNearestOrEven)))
                integers[index] = Int8(integer.isNaN ? 0 : integer)
                dequantized.values[index] = Float(integers[index]) * scale
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
            return least.isFinite ? Float(least) : 0
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
    /// An int32 bias with scale input·weight for each channel.
    static func quantizedBias(_ bias: [Double], inputScale: Float, weightScales: [Float], name: String) -> Value {
        let scales = weightScales.map { inputScale * $0 }
        let integers = zip(bias, scales).map { bias, scale in
            let quotient = (bias / Double(scale)).rounded(.toNearestOrAwayFromZero)
            return quotient.isNaN ? 0 : Int32(max(Double(Int32.min), min(Double(Int32.max), quotient)))
        }
        return Value(
            name: name, type: .int32, shape: [bias.count], quantization: Quantization(scales: scales, axis: 0),
            constant: TensorData(integers))
    }
}
