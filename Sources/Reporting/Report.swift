import ModelGraph

/// What a run did to a model and what that cost.
///
/// The JSON form has these names as its keys, sorted. Sizes are bytes, times are seconds, shares lie in 0…1, signal-to-noise
/// ratios are dB. A measurement that was not made, or is not finite, is null; other optional fields are left out.
package struct Report: Sendable, Codable, Equatable {
    /// The version of the JSON form; raised when a field changes its meaning or goes away. New fields do not raise it.
    package static let currentVersion = 1

    package var version = currentVersion
    package var tool = Tool()
    /// The command's arguments as they were given.
    package var command: [String] = []
    /// Settings in effect, defaults included, by option name.
    package var settings: [String: String] = [:]
    package var input: FileSummary
    /// Absent if nothing was written.
    package var output: FileSummary?
    package var before: ModelSummary
    package var after: ModelSummary?
    package var calibration: Calibration?
    package var evaluation: Evaluation?
    /// In running order.
    package var passes: [Pass] = []
    /// Operators that have no int8 form and stay float.
    package var floatOperators: [FloatOperator] = []
    package var gates: [Gate] = []
    package var warnings: [String] = []
    /// What was left out, and why; absent if nothing was.
    package var notes: [String]?
    /// In running order.
    package var stages: [Stage] = []

    package init(input: FileSummary, before: ModelSummary) {
        self.input = input
        self.before = before
    }

    /// The wall time of all stages.
    package var seconds: Double { stages.reduce(0) { $0 + $1.seconds } }

    package struct Tool: Sendable, Codable, Equatable {
        package var name: String
        package var version: String

        package init(name: String = "optimize", version: String = "") {
            self.name = name
            self.version = version
        }
    }

    /// A model file.
    package struct FileSummary: Sendable, Codable, Equatable {
        package var path: String
        /// `tflite` or `onnx`.
        package var format: String
        package var bytes: Int
        /// The size as a gzip file of level 6.
        package var gzipBytes: Int?

        package init(path: String, format: String, bytes: Int, gzipBytes: Int? = nil) {
            self.path = path
            self.format = format
            self.bytes = bytes
            self.gzipBytes = gzipBytes
        }
    }

    /// A model as a whole.
    package struct ModelSummary: Sendable, Codable, Equatable {
        /// Bytes of all constants.
        package var constantBytes: Int
        /// Elements of the linear operators' weights and biases.
        package var parameters: Int
        /// The share of zeros among the weights.
        @Finite package var sparsity: Double?
        /// Of one inference.
        package var multiplyAdds: Int?
        /// Bytes of the memory that holds all activations.
        package var arenaBytes: Int?
        /// How many operators of each kind.
        package var operators: [String: Int]

        package init(
            constantBytes: Int, parameters: Int, sparsity: Double? = nil, multiplyAdds: Int? = nil,
            arenaBytes: Int? = nil, operators: [String: Int] = [:]
        ) {
            self.constantBytes = constantBytes
            self.parameters = parameters
            _sparsity = Finite(wrappedValue: sparsity)
            self.multiplyAdds = multiplyAdds
            self.arenaBytes = arenaBytes
            self.operators = operators
        }

        package var operatorCount: Int { operators.values.reduce(0, +) }
    }

    /// One part of the job: `read`, `prune`, `evaluate`, `write`.
    package struct Stage: Sendable, Codable, Equatable {
        package var name: String
        package var seconds: Double

        package init(name: String, seconds: Double) {
            self.name = name
            self.seconds = seconds.isFinite ? seconds : 0
        }
    }

    /// The samples from which activation ranges were taken.
    package struct Calibration: Sendable, Codable, Equatable {
        package var source: String
        package var samples: Int
        /// Whether the samples were made up.
        package var isSynthetic: Bool

        package init(source: String, samples: Int, isSynthetic: Bool) {
            self.source = source
            self.samples = samples
            self.isSynthetic = isSynthetic
        }
    }

    /// An operator that stays float, and why.
    package struct FloatOperator: Sendable, Codable, Equatable {
        package var name: String
        package var operation: String
        package var reason: String

        package init(name: String, operation: String, reason: String) {
            self.name = name
            self.operation = operation
            self.reason = reason
        }
    }

    /// A limit that the result must keep.
    package struct Gate: Sendable, Codable, Equatable {
        /// The option's name: `max-drop`.
        package var name: String
        @Finite package var limit: Double?
        @Finite package var measured: Double?
        /// What both are counted in: `points`, `bytes`.
        package var unit: String
        package var passed: Bool

        package init(name: String, limit: Double?, measured: Double?, unit: String, passed: Bool) {
            self.name = name
            _limit = Finite(wrappedValue: limit)
            _measured = Finite(wrappedValue: measured)
            self.unit = unit
            self.passed = passed
        }

        /// What was measured and what was asked for: `90,048 bytes, limit 10,240 bytes`.
        package var figures: String { "\(text(of: measured)), limit \(text(of: limit))" }

        private func text(of value: Double?) -> String {
            guard let value, value.isFinite else { return "—" }
            if unit == "bytes", abs(value) < 1e15 { return Figures.count(Int(value)) + " bytes" }
            return Figures.decimal(value, digits: 2) + " " + unit
        }
    }
}
