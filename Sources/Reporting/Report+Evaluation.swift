extension Report {
    /// How the model answers before and after, on the same samples.
    package struct Evaluation: Sendable, Codable, Equatable {
        package var source: String
        package var samples: Int
        /// Absent without labels.
        package var accuracyBefore: Accuracy?
        package var accuracyAfter: Accuracy?
        /// The share of samples for which both models name the same class.
        @Finite package var agreement: Double?
        /// One for each output; empty if the outputs were not compared.
        package var outputs: [OutputDifference]
        /// How many samples, from the first one on, the outputs were compared on, if not on all.
        package var comparedSamples: Int?

        package init(
            source: String, samples: Int, accuracyBefore: Accuracy? = nil, accuracyAfter: Accuracy? = nil,
            agreement: Double? = nil, outputs: [OutputDifference] = []
        ) {
            self.source = source
            self.samples = samples
            self.accuracyBefore = accuracyBefore
            self.accuracyAfter = accuracyAfter
            _agreement = Finite(wrappedValue: agreement)
            self.outputs = outputs
        }

        /// How many percentage points of accuracy were lost; negative if some were won. nil without labels.
        package var drop: Double? {
            guard let before = accuracyBefore?.top1, let after = accuracyAfter?.top1 else { return nil }
            return 100 * (before - after)
        }
    }

    /// How many samples were given the class of their label.
    package struct Accuracy: Sendable, Codable, Equatable {
        package var correct: Int
        package var count: Int
        /// correct / count; null for no samples.
        @Finite package var top1: Double?

        package init(correct: Int, count: Int) {
            self.correct = correct
            self.count = count
            _top1 = Finite(wrappedValue: count > 0 ? Double(correct) / Double(count) : nil)
        }
    }

    /// How much one output differs between two models, over all samples.
    package struct OutputDifference: Sendable, Codable, Equatable {
        package var name: String
        /// The share of samples whose largest element stands at the same place.
        @Finite package var agreement: Double?
        /// In dB; null where nothing differs, see `isIdentical`.
        @Finite package var snr: Double?
        @Finite package var cosine: Double?
        @Finite package var largestDifference: Double?
        package var isIdentical: Bool
        /// Elements that are not finite in either model; they count in none of the figures.
        package var nonFinite: Int

        package init(
            name: String, agreement: Double? = nil, snr: Double? = nil, cosine: Double? = nil,
            largestDifference: Double? = nil, isIdentical: Bool = false, nonFinite: Int = 0
        ) {
            self.name = name
            _agreement = Finite(wrappedValue: agreement)
            _snr = Finite(wrappedValue: snr)
            _cosine = Finite(wrappedValue: cosine)
            _largestDifference = Finite(wrappedValue: largestDifference)
            self.isIdentical = isIdentical
            self.nonFinite = nonFinite
        }
    }
}
