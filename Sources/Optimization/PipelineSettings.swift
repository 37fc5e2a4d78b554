import ModelGraph

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
    /// The type of activations, int8 or uint8; nil for the format's default.
    package var activations: ElementType?

    /// Whether nothing but the types of inputs and outputs is to change: for a model that is quantized already.
    package var convertsInterfaceOnly = false

    package init(mode: Mode) { self.mode = mode }
}
