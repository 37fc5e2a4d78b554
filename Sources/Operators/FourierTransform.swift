import ModelGraph

/// The discrete Fourier transform along one axis. The last axis holds real numbers (1) or real and imaginary parts (2).
///
/// Operands: x [.., 1 or 2], and optionally the length of the transform: what x lacks is zero, what it has beyond is cut
/// off; and the axis, which stands in for the attribute. One-sided, only the first half of the spectrum is made of real numbers, or makes real numbers of it inversely.
package struct FourierTransform: Operation, Equatable {
    package var axis: Int
    package var isInverse: Bool
    package var isOneSided: Bool

    package init(axis: Int, isInverse: Bool = false, isOneSided: Bool = false) {
        self.axis = axis
        self.isInverse = isInverse
        self.isOneSided = isOneSided
    }

    package var name: String { "DFT" }

    /// The axis, and how many elements are transformed.
    ///
    /// - Throws: `GraphError` if the attributes do not fit x.
    package func transform(
        x: [Int], length: Int?, axis given: Int?
    ) throws(GraphError) -> (axis: Int, length: Int) {
        let axis = try Operands.axis(given ?? axis, rank: x.count)
        guard x.count >= 2, axis < x.count - 1, [1, 2].contains(x[x.count - 1]), x.allSatisfy({ $0 > 0 }) else {
            throw GraphError(.invalidShape, "a transform along axis \(axis) of a tensor of shape \(Shape(x))")
        }
        let length = length ?? (isInverse && isOneSided ? 2 * (x[axis] - 1) : x[axis])
        guard (1...Int(Int32.max)).contains(length) else {
            throw GraphError(.invalidAttribute, "a transform of \(length) elements")
        }
        return (axis, length)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1, upTo: 3)
        guard let x = try operands.sizes(0) else { return nil }
        var parameters: [Int?] = [nil, nil]
        for index in 1...2 where operands.optional(index) != nil {
            guard let given = try operands.integers(index)?.first else { return nil }
            parameters[index - 1] = given
        }
        let transform = try transform(x: x, length: parameters[0], axis: parameters[1])
        var y = x
        y[transform.axis] = isOneSided && !isInverse ? transform.length / 2 + 1 : transform.length
        y[x.count - 1] = isOneSided && isInverse ? 1 : 2
        return try Operands.result(try operands.required(0).type, y)
    }
}

/// Fourier transforms of windows that slide over a signal.
///
/// Operands: signal [B, T, 1 or 2], step, and optionally window [F] and the frame's length F, one of which is given.
/// Result [B, frames, bins, 2].
package struct ShortTimeFourierTransform: Operation, Equatable {
    package var isOneSided: Bool
    package init(isOneSided: Bool = true) { self.isOneSided = isOneSided }
    package var name: String { "STFT" }

    /// - Throws: `GraphError` if the frames do not fit the signal.
    package static func frames(x: [Int], step: Int, length: Int) throws(GraphError) -> Int {
        guard x.count == 3, [1, 2].contains(x[2]), step > 0, length > 0, length <= x[1] else {
            throw GraphError(.invalidShape, "frames of \(length), \(step) apart, of a signal of shape \(Shape(x))")
        }
        return (x[1] - length) / step + 1
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 4)
        guard let x = try operands.sizes(0), let step = try operands.integers(1)?.first else { return nil }
        var length: Int?
        if operands.optional(2) != nil {
            guard let window = try operands.sizes(2) else { return nil }
            guard window.count == 1 else { throw GraphError(.invalidShape, "a window of shape \(Shape(window))") }
            length = window[0]
        }
        if operands.optional(3) != nil {
            guard let given = try operands.integers(3)?.first else { return nil }
            guard length == nil || length == given else {
                throw GraphError(.invalidAttribute, "a window of \(length ?? 0) elements for frames of \(given)")
            }
            length = given
        }
        guard let length else { throw GraphError(.invalidAttribute, "neither a window nor a frame's length") }
        let frames = try ShortTimeFourierTransform.frames(x: x, step: step, length: length)
        return try Operands.result(
            try operands.required(0).type, [x[0], frames, isOneSided ? length / 2 + 1 : length, 2])
    }
}

/// The first half of the two-dimensional spectrum of real numbers. Operands: x [.., H, W], lengths [2]. Result
/// complex64 [.., H′, W′/2 + 1]; what x lacks is zero, what it has beyond is cut off.
package struct RealFourierTransform2D: Operation, Equatable {
    package init() {}
    package var name: String { "RFFT2D" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let lengths = try operands.integers(1) else { return nil }
        try operands.requireShape(x.count >= 2 && x.allSatisfy { $0 > 0 }, x)
        guard lengths.count == 2, lengths.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
            throw GraphError(.invalidAttribute, "a transform of \(lengths)")
        }
        return try Operands.result(.complex64, x.dropLast(2) + [lengths[0], lengths[1] / 2 + 1])
    }
}

/// One of the windows that soften the edges of a frame. Operand: its length.
package struct WindowFunction: Operation, Equatable {
    package enum Kind: String, Sendable { case hann, hamming, blackman }

    package var kind: Kind
    /// Whether the element behind the last one would be the first again.
    package var isPeriodic: Bool
    package var type: ElementType

    package init(_ kind: Kind, isPeriodic: Bool = true, type: ElementType = .float32) {
        self.kind = kind
        self.isPeriodic = isPeriodic
        self.type = type
    }

    package var name: String { "\(kind.rawValue.prefix(1).uppercased())\(kind.rawValue.dropFirst())Window" }

    /// a₀ − a₁·cos(2πn/N) + a₂·cos(4πn/N)
    package var coefficients: (Double, Double, Double) {
        switch kind {
        case .hann: (0.5, 0.5, 0)
        case .hamming: (25.0 / 46, 21.0 / 46, 0)
        case .blackman: (0.42, 0.5, 0.08)
        }
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let length = try operands.integers(0)?.first else { return nil }
        return try Operands.result(type, [length])
    }
}

/// Weights that sum the bins of a spectrum up to bands of the mel scale: triangles that overlap by half.
///
/// Operands: number of bands, length of the transform, sample rate, lowest and highest frequency. Result [bins, bands].
package struct MelWeightMatrix: Operation, Equatable {
    package var type: ElementType
    package init(type: ElementType = .float32) { self.type = type }
    package var name: String { "MelWeightMatrix" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(5)
        guard let bands = try operands.integers(0)?.first, let length = try operands.integers(1)?.first else {
            return nil
        }
        for index in 2...4 where operands.optional(index)?.constant == nil { return nil }
        guard length >= 0 else { throw GraphError(.invalidAttribute, "a transform of \(length) elements") }
        return try Operands.result(type, [length / 2 + 1, bands])
    }
}
