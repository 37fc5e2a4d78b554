/// Where two models, or two ways of running one, begin to differ.
///
/// The JSON form has these names as its keys, sorted. Shares lie in 0…1, signal-to-noise ratios are dB. A measurement that
/// was not made, or is not finite, is null.
package struct Divergence: Sendable, Codable, Equatable {
    /// The version of the JSON form; raised when a field changes its meaning or goes away.
    package static let currentVersion = 1

    package var version = currentVersion
    package var first: Side
    package var second: Side
    /// What the samples are and where they come from.
    package var source: String
    package var samples: Int
    /// Samples for which the largest value of the first output stands at the same place.
    package var agreeing: Int
    /// Tensors that both compute, in the second's order.
    package var layers: [Layer] = []
    /// How many tensors one computes and the other does not.
    package var unmatched = 0

    package init(first: Side, second: Side, source: String, samples: Int, agreeing: Int) {
        self.first = first
        self.second = second
        self.source = source
        self.samples = samples
        self.agreeing = agreeing
    }

    /// The first layer with a value that differs.
    package var firstDifference: Layer? { layers.first { $0.differing > 0 } }

    /// A model and the arithmetic that it is run with.
    package struct Side: Sendable, Codable, Equatable {
        package var path: String
        package var numerics: String

        package init(path: String, numerics: String) {
            self.path = path
            self.numerics = numerics
        }
    }

    /// One tensor.
    package struct Layer: Sendable, Codable, Equatable {
        package var name: String
        package var operation: String
        /// Of the second.
        package var type: String
        /// Elements of all samples.
        package var values: Int
        package var differing: Int
        /// The largest difference in quantization steps; null unless both hold integers of the same scale.
        package var largestStep: Int?
        /// The largest difference as real numbers.
        @Finite package var largestDifference: Double?
        @Finite package var snr: Double?
        /// Whether it is an output of the model.
        package var isOutput: Bool

        package init(
            name: String, operation: String, type: String, values: Int, differing: Int, largestStep: Int?,
            largestDifference: Double?, snr: Double?, isOutput: Bool
        ) {
            self.name = name
            self.operation = operation
            self.type = type
            self.values = values
            self.differing = differing
            self.largestStep = largestStep
            _largestDifference = Finite(wrappedValue: largestDifference)
            _snr = Finite(wrappedValue: snr)
            self.isOutput = isOutput
        }
    }
}
