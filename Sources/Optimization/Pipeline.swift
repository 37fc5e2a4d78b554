import ModelGraph
import Runtime

/// What the pipeline is asked to do.
package struct PipelineSettings: Sendable {
    /// The passes' names in running order; see `Pipeline.passes`.
    package var passes: [String] = Pipeline.defaultPasses
    /// nil to leave weights unpruned.
    package var pruning: PruneSettings?
    /// nil to leave the model in the types that it has.
    package var quantization: QuantizationSettings?
    /// Stop after this many patches, to find the one that breaks a model.
    package var patchLimit: Int?

    package init() {}
}

/// How weights are pruned.
package struct PruneSettings: Sendable {
    package enum Scope: String, Sendable, CaseIterable {
        /// The same share of every layer.
        case perLayer = "per-layer"
        /// The smallest weights of the whole model, relative to their layer's.
        case global
    }

    /// The share of the prunable weights that become zero, in 0…1.
    package var sparsity: Double
    package var scope: Scope = .perLayer
    package var includesDepthwise = false
    package var includesFirstAndLast = false

    package init(sparsity: Double) { self.sparsity = sparsity }
}

/// How tensors are quantized.
package struct QuantizationSettings: Sendable {
    package enum Mode: String, Sendable, CaseIterable {
        /// Weights and activations.
        case int8
        /// int8 weights; activations are quantized by the kernels while running.
        case dynamicRange = "dynamic-range"
        /// int8 weights behind DEQUANTIZE; the arithmetic stays float.
        case weightOnly = "weight-only"
    }

    /// The types of the model's inputs and outputs.
    package enum Interface: String, Sendable, CaseIterable {
        case asInput = "as-input"
        case float, int8
    }

    package var mode: Mode
    package var interface: Interface = .asInput

    package init(mode: Mode) { self.mode = mode }
}

/// What one pass did, as values that can be printed, saved and compared.
package struct PassRecord: Sendable {
    package var pass: String
    package var seconds: Double
    /// The summaries of the patches that were applied.
    package var patches: [String]
    /// Bytes of the model's constants before and after.
    package var constantBytesBefore: Int
    package var constantBytesAfter: Int
    package var layers: [LayerRecord]
    /// Remarks for the user: what was left alone, and why.
    package var notes: [String]
}

/// What a pass did to one layer.
package struct LayerRecord: Sendable {
    package var name: String
    package var operation: String
    package var weightBytesBefore: Int
    package var weightBytesAfter: Int
    /// The share of zeros among the layer's weights after the pass.
    package var sparsity: Double?
    /// The least and the largest real value of the layer's result that the int8 type can hold.
    package var range: ClosedRange<Float>?
    /// Signal-to-noise ratio of the weights after the pass against those before it, in dB.
    package var weightSNR: Double?
}

/// The ordered list of passes, from which help, reports and `--pipeline` are read.
package enum Pipeline {
    package struct Description: Sendable {
        package var name: String
        package var summary: String
    }

    package static let passes: [Description] = [
        Description(name: "prune", summary: "set the weights that matter least to zero"),
        Description(name: "quantize", summary: "store weights, and with --int8 activations, as 8-bit integers"),
        Description(name: "fold-batchnorm", summary: "fold normalization and scaling into the linear operator before it"),
    ]

    package static var defaultPasses: [String] { passes.map(\.name) }
}
