import ModelGraph
import Runtime

/// What is assumed of one input's numbers.
package struct InputAssumption: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Made-up images.
        case image
        /// Noise without structure.
        case noise
        /// Zeros and ones.
        case integers
    }

    package var kind: Kind
    /// Images lie in 0…1 and noise has variance 1 before: value = scale · raw + offset.
    package var scale: Float
    package var offset: Float
    /// `0…255`.
    package var name: String
    /// How much a less common range must fit better than a common one to be preferred, in the units of
    /// `RangeProbe.implausibility`.
    package var handicap: Double = 0

    /// The ranges that images are given in, by training tools' habits.
    package static let images = [
        InputAssumption(kind: .image, scale: 1, offset: 0, name: "0…1"),
        InputAssumption(kind: .image, scale: 255, offset: 0, name: "0…255"),
        InputAssumption(kind: .image, scale: 2, offset: -1, name: "-1…1", handicap: 0.25),
        InputAssumption(kind: .image, scale: 255, offset: -128, name: "-128…127", handicap: 0.65),
        // Photographs have a mean of about 0.47 and a deviation of about 0.22.
        InputAssumption(
            kind: .image, scale: 1 / 0.22, offset: -0.47 / 0.22, name: "mean 0 and variance 1", handicap: 0.65),
    ]

    /// The spreads of other signals and features; a factor of four is less than what calibration must bear anyway.
    package static let noises = [1, 0.25, 4, 16, 64].map { (scale: Float) in
        InputAssumption(
            kind: .noise, scale: scale, offset: 0, name: "a deviation of \(scale == 0.25 ? "0.25" : "\(Int(scale))")")
    }

    package static let integers = InputAssumption(kind: .integers, scale: 1, offset: 0, name: "zeros and ones")

    static func isImage(_ tensor: TensorInfo) -> Bool {
        guard tensor.shape.count == 4, let input = ImageInput(shape: tensor.shape), let size = input.size else {
            return false
        }
        return size.height >= 16 && size.width >= 16
    }

    /// What can be assumed without running the model: the range of a quantized input stands in its quantization.
    static func known(for tensor: TensorInfo) -> InputAssumption? {
        guard tensor.type.isInteger || tensor.type == .bool else { return nil }
        guard let quantization = tensor.quantization, quantization.isPerTensor, let bits = tensor.type.bitWidth,
            bits <= 16
        else { return integers }
        let isSigned = [.int4, .int8, .int16].contains(tensor.type)
        let least = isSigned ? -(1 << (bits - 1)) : 0
        let low = (Float(least) - Float(quantization.zeroPoint)) * quantization.scale
        let span = Float((1 << bits) - 1) * quantization.scale
        if isImage(tensor) {
            return InputAssumption(kind: .image, scale: span, offset: low, name: "the range of its quantization")
        }
        // Three deviations to both sides fill the range.
        return InputAssumption(
            kind: .noise, scale: span / 6, offset: low + span / 2, name: "the range of its quantization")
    }

    static func candidates(for tensor: TensorInfo) -> [InputAssumption] {
        if let known = known(for: tensor) { return [known] }
        return isImage(tensor) ? images : noises
    }

    /// One sample's numbers, in the input's order.
    func values(for tensor: TensorInfo, random: inout RandomNumbers) -> [Float] {
        let count = Shape.elementCount(tensor.shape) ?? 0
        switch kind {
        case .integers: return (0..<count).map { _ in random.uniform() < 0.5 ? 0 : 1 }
        case .noise:
            return noise(count, random: &random).map { $0 * scale + offset }
        case .image:
            guard let input = ImageInput(shape: tensor.shape), let size = input.size else { return [] }
            let image = SyntheticImage.make(
                height: size.height, width: size.width, channels: input.channels, random: &random)
            let arranged =
                input.isChannelsFirst
                ? SampleArrangement.toChannelsFirst.apply(to: image, shape: [size.height, size.width, input.channels])
                : image
            return arranged.map { $0 * scale + offset }
        }
    }

    /// Noise of variance 1 in which neighbors go together, as in signals and their spectra: a slow part and a quick one;
    /// some samples louder than others, as recordings are.
    private func noise(_ count: Int, random: inout RandomNumbers) -> [Float] {
        let loudness = random.uniform(0.5, 1.3)
        let memory: Float = 0.95
        let renewal = (1 - memory * memory).squareRoot()
        var slow = random.normal()
        return (0..<count).map { _ in
            slow = memory * slow + renewal * random.normal()
            return loudness * (0.8 * slow + 0.6 * random.normal())
        }
    }
}
