/// What a model is made of.
///
/// The JSON form has these names as its keys, sorted. Sizes are bytes, shares lie in 0…1; what is not known is left out.
package struct Inspection: Sendable, Codable, Equatable {
    /// The version of the JSON form; raised when a field changes its meaning or goes away.
    package static let currentVersion = 1

    package var version = currentVersion
    package var file: Report.FileSummary
    /// The version of the standard operators; ONNX only.
    package var operatorSet: Int?
    /// Graphs beside the main one, which control flow runs.
    package var subgraphs = 0
    package var inputs: [Tensor] = []
    package var outputs: [Tensor] = []
    /// Elements of all constants that stand for real numbers.
    package var parameters = 0
    /// Bytes of all constants.
    package var constantBytes = 0
    /// Of one inference, of the operators that have any.
    package var multiplyAdds: Int?
    /// Bytes of the memory that holds all activations.
    package var arenaBytes: Int?
    /// Why the model cannot be run, in one line.
    package var obstacle: String?
    /// By kind, the one with most constants first.
    package var operators: [OperatorKind] = []
    /// The main graph's operators in running order.
    package var layers: [Layer] = []

    package init(file: Report.FileSummary) { self.file = file }

    /// An input or output.
    package struct Tensor: Sendable, Codable, Equatable {
        package var name: String
        package var type: String
        /// As the file has it: `[1, ?, 64]`.
        package var shape: String
        /// `0.0039 · (q + 128)`
        package var quantization: String?

        package init(name: String, type: String, shape: String, quantization: String? = nil) {
            self.name = name
            self.type = type
            self.shape = shape
            self.quantization = quantization
        }
    }

    /// All operators of a kind.
    package struct OperatorKind: Sendable, Codable, Equatable {
        package var name: String
        package var count: Int
        package var constantBytes: Int
        package var multiplyAdds: Int

        package init(name: String, count: Int, constantBytes: Int, multiplyAdds: Int) {
            self.name = name
            self.count = count
            self.constantBytes = constantBytes
            self.multiplyAdds = multiplyAdds
        }
    }

    /// One operator.
    package struct Layer: Sendable, Codable, Equatable {
        package var index: Int
        package var operation: String
        /// The name of its first result.
        package var name: String
        package var type: String
        package var shape: String
        /// Of its weights: `int8 per channel`.
        package var weights: String?
        package var parameters: Int
        /// Bytes of its constants; those that several operators share count for the first.
        package var constantBytes: Int
        package var multiplyAdds: Int?
        /// The share of zeros among its weights.
        @Finite package var sparsity: Double?

        package init(
            index: Int, operation: String, name: String, type: String, shape: String, weights: String? = nil,
            parameters: Int = 0, constantBytes: Int = 0, multiplyAdds: Int? = nil, sparsity: Double? = nil
        ) {
            self.index = index
            self.operation = operation
            self.name = name
            self.type = type
            self.shape = shape
            self.weights = weights
            self.parameters = parameters
            self.constantBytes = constantBytes
            self.multiplyAdds = multiplyAdds
            _sparsity = Finite(wrappedValue: sparsity)
        }
    }
}
