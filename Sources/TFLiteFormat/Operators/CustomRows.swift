import ModelGraph
import Operators

/// Custom operators that public models use. They are only read: no pass changes one, and what was read is written from
/// the file's own bytes.
enum TFLiteCustomOperators {
    /// - Returns: nil if the options ask for something that the operation cannot say, and the node stays opaque.
    typealias Decode = @Sendable (_ options: UnsafeRawBufferPointer, OperandFacts) -> (any Operation)?

    /// By `CUSTOM:` and the custom code.
    static let byName: [String: Decode] = [
        "CUSTOM:Convolution2DTransposeBias": { options, _ in
            guard let fields = MediaPipeFields(options, count: 3) else { return nil }
            return TransposedConvolutionWithBias(strides: fields.strides, padding: fields.padding)
        },
        "CUSTOM:MaxPoolingWithArgmax2D": { options, _ in
            MediaPipeFields(options, count: 6)?.pool.map(MaxPoolWithTaps.init)
        },
        "CUSTOM:MaxUnpooling2D": { options, _ in
            MediaPipeFields(options, count: 6)?.pool.map(UnpoolTaps.init)
        },
    ]
}

/// The options of MediaPipe's custom operators: TfLiteTransposeConvParams or TfLitePoolParams as they lie in memory, int32
/// each: padding (1 same, 2 valid), stride of the width and of the height; for pools also the window's width and height
/// and the fused activation.
private struct MediaPipeFields {
    private let values: [Int]
    let padding: Padding

    /// - Parameter count: how many fields there are at least.
    init?(_ options: UnsafeRawBufferPointer, count: Int) {
        guard options.count >= count * 4 else { return nil }
        values = (0..<count).map { Int(options.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
        guard values[0] == 1 || values[0] == 2, values[1] > 0, values[2] > 0 else { return nil }
        padding = values[0] == 1 ? .same : .valid
    }

    /// Of the height and of the width.
    var strides: [Int] { [values[2], values[1]] }

    var pool: Pool? {
        guard values.count == 6, values[3] > 0, values[4] > 0, Activation.tfliteOrder.indices.contains(values[5]) else {
            return nil
        }
        return Pool(
            .max, window: [values[4], values[3]], strides: strides, padding: padding,
            activation: Activation.tfliteOrder[values[5]])
    }
}
