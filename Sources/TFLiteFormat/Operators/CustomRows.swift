import CTFLite
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
        "CUSTOM:TFLite_Detection_PostProcess": { options, _ in DetectionPostProcess(options) },
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

extension DetectionPostProcess {
    /// From the FlexBuffer that holds the operator's options; nil if one is missing or no such number.
    fileprivate init?(_ options: UnsafeRawBufferPointer) {
        func number(_ key: String) -> Double? {
            var value = 0.0
            let bytes = options.bindMemory(to: UInt8.self)
            guard ctf_flexbuffer_number(bytes.baseAddress, bytes.count, key, &value), value.isFinite else { return nil }
            return value
        }
        func count(_ key: String) -> Int? { number(key).flatMap { Int(exactly: $0) } }
        guard let detections = count("max_detections"), let perBox = count("max_classes_per_detection"),
            let score = number("nms_score_threshold"), let overlap = number("nms_iou_threshold"),
            let classes = count("num_classes"), let y = number("y_scale"), let x = number("x_scale"),
            let height = number("h_scale"), let width = number("w_scale")
        else { return nil }
        self.init(
            detections: detections, classesPerBox: perBox, detectionsPerClass: count("detections_per_class") ?? 100,
            isRegular: number("use_regular_nms") == 1, scoreThreshold: Float(score), overlapThreshold: Float(overlap),
            classes: classes, scales: [y, x, height, width].map { Float($0) })
    }
}
