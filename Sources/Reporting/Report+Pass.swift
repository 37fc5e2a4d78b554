extension Report {
    /// What one pass did.
    package struct Pass: Sendable, Codable, Equatable {
        package var name: String
        package var seconds: Double
        /// Bytes of the model's constants.
        package var constantBytesBefore: Int
        package var constantBytesAfter: Int
        /// The same, each constant on its own as a gzip file of level 6.
        package var constantGzipBytesBefore: Int?
        package var constantGzipBytesAfter: Int?
        /// What was changed, one line for each patch.
        package var patches: [String]
        /// What was left alone, and why.
        package var notes: [String]
        package var layers: [Layer]

        package init(
            name: String, seconds: Double, constantBytesBefore: Int, constantBytesAfter: Int, patches: [String] = [],
            notes: [String] = [], layers: [Layer] = []
        ) {
            self.name = name
            self.seconds = seconds.isFinite ? seconds : 0
            self.constantBytesBefore = constantBytesBefore
            self.constantBytesAfter = constantBytesAfter
            self.patches = patches
            self.notes = notes
            self.layers = layers
        }
    }

    /// What one pass did to one layer.
    package struct Layer: Sendable, Codable, Equatable {
        package var name: String
        package var operation: String
        package var weightBytesBefore: Int
        package var weightBytesAfter: Int
        /// The stored weights on their own as a gzip file of level 6: what zeros save shows here.
        package var weightGzipBytesBefore: Int?
        package var weightGzipBytesAfter: Int?
        /// The share of zeros among the weights after the pass.
        @Finite package var sparsity: Double?
        /// The quantization of the weights after the pass.
        package var weightScales: Scales?
        /// The quantization of the result after the pass.
        package var outputScales: Scales?
        /// The least real value that the result can take.
        @Finite package var rangeLow: Double?
        /// The largest real value that the result can take.
        @Finite package var rangeHigh: Double?
        /// Of the weights after the pass against those before it, in dB; null also where nothing differs.
        @Finite package var weightSNR: Double?
        /// Of the layer's result, in dB.
        @Finite package var outputSNR: Double?

        package init(
            name: String, operation: String, weightBytesBefore: Int, weightBytesAfter: Int,
            weightGzipBytesBefore: Int? = nil, weightGzipBytesAfter: Int? = nil, sparsity: Double? = nil,
            weightScales: Scales? = nil, outputScales: Scales? = nil, range: ClosedRange<Float>? = nil,
            weightSNR: Double? = nil, outputSNR: Double? = nil
        ) {
            self.name = name
            self.operation = operation
            self.weightBytesBefore = weightBytesBefore
            self.weightBytesAfter = weightBytesAfter
            self.weightGzipBytesBefore = weightGzipBytesBefore
            self.weightGzipBytesAfter = weightGzipBytesAfter
            _sparsity = Finite(wrappedValue: sparsity)
            self.weightScales = weightScales
            self.outputScales = outputScales
            _rangeLow = Finite(wrappedValue: range.map { Double($0.lowerBound) })
            _rangeHigh = Finite(wrappedValue: range.map { Double($0.upperBound) })
            _weightSNR = Finite(wrappedValue: weightSNR)
            _outputSNR = Finite(wrappedValue: outputSNR)
        }
    }

    /// The scales and zero points of one tensor, of which there may be one for each channel.
    package struct Scales: Sendable, Codable, Equatable {
        package var count: Int
        @Finite package var smallest: Double?
        @Finite package var largest: Double?
        package var lowestZeroPoint: Int64
        package var highestZeroPoint: Int64

        package init(count: Int, smallest: Double?, largest: Double?, zeroPoints: ClosedRange<Int64> = 0...0) {
            self.count = count
            _smallest = Finite(wrappedValue: smallest)
            _largest = Finite(wrappedValue: largest)
            lowestZeroPoint = zeroPoints.lowerBound
            highestZeroPoint = zeroPoints.upperBound
        }
    }
}
