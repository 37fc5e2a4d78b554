import ModelGraph

/// A tensor of a plan, with its axes as the model has them, however the plan stores it.
package struct TensorInfo: Sendable {
    package var value: ValueID
    package var name: String
    package var type: ElementType
    package var shape: [Int]
    package var quantization: Quantization?
    /// The axis of the channels: 1 where the operators around have them first, the last one otherwise.
    package var channelAxis: Int

    package init(
        value: ValueID, name: String, type: ElementType, shape: [Int], quantization: Quantization?,
        channelAxis: Int? = nil
    ) {
        self.value = value
        self.name = name
        self.type = type
        self.shape = shape
        self.quantization = quantization
        self.channelAxis = channelAxis ?? max(0, shape.count - 1)
    }
}

/// Samples that can be fed to a model: a data set, or a synthetic one.
package protocol SampleSource: Sendable {
    var count: Int { get }
    /// What the samples are and where they come from, for reports: `120 samples of calib.npz`.
    var summary: String { get }
    /// Whether the samples were made up and not taken from real data.
    var isSynthetic: Bool { get }

    /// Writes one sample into a model's input tensors, quantized where an input is.
    ///
    /// - Parameters:
    ///   - tensors: the model's inputs, in the graph's order.
    ///   - buffers: one for each input, of the size of its tensor.
    /// - Throws: a `ModelError` if the sample cannot be read or does not fit the input.
    func load(
        sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]
    ) throws
}
