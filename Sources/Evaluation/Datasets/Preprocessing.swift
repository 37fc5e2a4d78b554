/// What happens to a sample's numbers on their way into a model: value = scale · raw + offset.
package struct Preprocessing: Sendable {
    /// Where the channels of array samples stand; images always have them last.
    package enum Layout: String, Sendable, CaseIterable {
        /// Last where samples are resized; otherwise told by comparing a sample's shape with the input's.
        case automatic = "auto"
        /// Height, width, channels.
        case channelsLast = "nhwc"
        /// Channels, height, width.
        case channelsFirst = "nchw"
    }

    /// Applied in float32, one multiplication and then one addition, as NumPy does.
    package var scale: Float = 1
    package var offset: Float = 0
    /// The size to which samples are resized, bilinearly, before scale and offset.
    package var resize: (height: Int, width: Int)?
    /// Whether samples of another size are resized to the size of the input.
    package var resizesToInput = false
    package var layout = Layout.automatic

    package init() {}

    package init(scale: Float, offset: Float) {
        self.scale = scale
        self.offset = offset
    }

    /// Whether samples may come in another size than they have.
    var resizes: Bool { resize != nil || resizesToInput }

    func apply(to values: inout [Float]) { values.withUnsafeMutableBufferPointer { apply(to: $0) } }

    func apply(to values: UnsafeMutableBufferPointer<Float>) {
        guard scale != 1 || offset != 0 else { return }
        for index in values.indices { values[index] = values[index] * scale + offset }
    }
}
