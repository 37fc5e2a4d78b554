import ModelGraph

extension PlanOptions {
    /// The options for the arithmetic of the engine that a model's format belongs to.
    package init(for model: Model) {
        self.init()
        numerics = model.format == .onnx ? .onnxruntime : .reference
    }
}
