import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators over sliding windows, and resizing.
    static let pooling: [TFLiteOperator] = [
        pool("AVERAGE_POOL_2D", .average),
        pool("MAX_POOL_2D", .max),
        TFLiteOperator(
            "RESIZE_BILINEAR", "ResizeBilinearOptions", ResizeBilinear.self,
            decode: { options, _ in
                ResizeBilinear(
                    alignsCorners: options.flag("align_corners"),
                    usesHalfPixelCenters: options.flag("half_pixel_centers"))
            },
            encode: { operation, _, draft in
                draft.set("align_corners", operation.alignsCorners)
                draft.set("half_pixel_centers", operation.usesHalfPixelCenters)
                return true
            },
            version: { operation, facts in
                if facts.inputType(0) == .int16 { return 4 }
                return operation.usesHalfPixelCenters ? 3 : facts.inputType(0) == .int8 ? 2 : 1
            }),
    ]

    private static func pool(_ builtin: String, _ kind: Pool.Kind) -> TFLiteOperator {
        TFLiteOperator(
            builtin, "Pool2DOptions", Pool.self,
            decode: { options, _ in
                guard let window = options.positives("filter_height", "filter_width"),
                    let strides = options.positives("stride_h", "stride_w"), let padding = options.padding,
                    let activation = options.activation
                else { return nil }
                return Pool(kind, window: window, strides: strides, padding: padding, activation: activation)
            },
            encode: { operation, _, draft in
                guard operation.kind == kind, operation.layout == .channelsLast else { return false }
                draft.set(operation.activation)
                return draft.set(operation.padding) && draft.set("filter_height", "filter_width", operation.window)
                    && draft.set("stride_h", "stride_w", operation.strides)
            },
            version: { _, facts in facts.inputType(0) == .int16 ? 3 : facts.inputType(0) == .int8 ? 2 : 1 })
    }
}
