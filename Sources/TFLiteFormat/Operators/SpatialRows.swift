import ModelGraph
import Operators

extension TFLiteOperators {
    /// Convolutions and pools beyond the common ones.
    static let spatial: [TFLiteOperator] = [
        TFLiteOperator(
            "TRANSPOSE_CONV", "TransposeConvOptions", TransposedConvolutionToShape.self,
            decode: { options, _ in
                guard let strides = options.positives("stride_h", "stride_w"), let padding = options.padding,
                    let activation = options.activation
                else { return nil }
                return TransposedConvolutionToShape(strides: strides, padding: padding, activation: activation)
            },
            encode: { operation, _, draft in
                guard operation.dilations == [1, 1] else { return false }
                draft.set(operation.activation)
                return draft.set(operation.padding) && draft.set("stride_h", "stride_w", operation.strides)
            },
            version: { operation, facts in
                if operation.activation != .none { return 4 }
                if facts.inputs.count == 4 { return 3 }
                return facts.inputType(2) == .int8 ? 2 : 1
            }),
        TFLiteOperator(
            "CONV_3D", "Conv3DOptions", Convolution3D.self,
            decode: { options, _ in
                guard let windows = Conv3DFields(options) else { return nil }
                return Convolution3D(
                    strides: windows.strides, dilations: windows.dilations, padding: windows.padding,
                    activation: windows.activation)
            },
            encode: { operation, _, draft in
                Conv3DFields(
                    strides: operation.strides, dilations: operation.dilations, padding: operation.padding,
                    activation: operation.activation
                ).encode(into: &draft)
            }),
        TFLiteOperator(
            "CONV_3D_TRANSPOSE", "Conv3DOptions", TransposedConvolutionToShape.self,
            decode: { options, _ in
                guard let windows = Conv3DFields(options) else { return nil }
                return TransposedConvolutionToShape(
                    strides: windows.strides, dilations: windows.dilations, padding: windows.padding,
                    activation: windows.activation)
            },
            encode: { operation, _, draft in
                Conv3DFields(
                    strides: operation.strides, dilations: operation.dilations, padding: operation.padding,
                    activation: operation.activation
                ).encode(into: &draft)
            }),
        TFLiteOperator(
            "L2_POOL_2D", "Pool2DOptions", Pool.self,
            decode: { options, _ in
                guard let window = options.positives("filter_height", "filter_width"),
                    let strides = options.positives("stride_h", "stride_w"), let padding = options.padding,
                    let activation = options.activation
                else { return nil }
                return Pool(
                    .rootMeanSquare, window: window, strides: strides, padding: padding, activation: activation)
            },
            encode: { operation, _, draft in
                guard
                    operation
                        == Pool(
                            .rootMeanSquare, window: operation.window, strides: operation.strides,
                            padding: operation.padding, activation: operation.activation)
                else { return false }
                draft.set(operation.activation)
                return draft.set(operation.padding) && draft.set("filter_height", "filter_width", operation.window)
                    && draft.set("stride_h", "stride_w", operation.strides)
            }),
        TFLiteOperator(
            "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions", ResizeNearest.self,
            decode: { options, _ in
                ResizeNearest(
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
                if operation.alignsCorners || operation.usesHalfPixelCenters { return 3 }
                return facts.inputType(0) == .int8 ? 2 : 1
            }),
        TFLiteOperator(
            "BATCH_MATMUL", "BatchMatMulOptions", BatchMatrixMultiplication.self,
            decode: { options, _ in
                BatchMatrixMultiplication(
                    transposesA: options.flag("adj_x"), transposesB: options.flag("adj_y"),
                    quantizesInputsAsymmetrically: options.flag("asymmetric_quantize_inputs"))
            },
            encode: { operation, _, draft in
                draft.set("adj_x", operation.transposesA)
                draft.set("adj_y", operation.transposesB)
                draft.set("asymmetric_quantize_inputs", operation.quantizesInputsAsymmetrically)
                return true
            },
            version: { operation, facts in
                switch (facts.inputType(0), facts.inputType(1)) {
                case (.float32, .int8): operation.quantizesInputsAsymmetrically ? 4 : 1
                case (.int16, _): 3
                case (.int8, _): 2
                default: 1
                }
            }),
        TFLiteOperator(
            "LOCAL_RESPONSE_NORMALIZATION", "LocalResponseNormalizationOptions", LocalResponseNormalization.self,
            decode: { options, _ in
                let radius = options.integer("radius")
                guard (0...1 << 24).contains(radius) else { return nil }
                return LocalResponseNormalization(
                    size: 2 * radius + 1, alpha: options.real("alpha"), dividesBySize: false,
                    beta: options.real("beta"), bias: options.real("bias"))
            },
            encode: { operation, _, draft in
                guard !operation.dividesBySize, operation.layout == .channelsLast, operation.size % 2 == 1 else {
                    return false
                }
                draft.set("radius", operation.size / 2)
                draft.set("alpha", operation.alpha)
                draft.set("beta", operation.beta)
                draft.set("bias", operation.bias)
                return true
            }),
    ]
}

/// The fields of `Conv3DOptions`.
private struct Conv3DFields {
    var strides: [Int]
    var dilations: [Int]
    var padding: Padding
    var activation: Activation

    init(strides: [Int], dilations: [Int], padding: Padding, activation: Activation) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.activation = activation
    }

    /// nil if a field is none that we know.
    init?(_ options: FlatTable) {
        strides = ["stride_d", "stride_h", "stride_w"].map(options.integer)
        dilations = ["dilation_d_factor", "dilation_h_factor", "dilation_w_factor"].map(options.integer)
        guard (strides + dilations).allSatisfy({ $0 > 0 }), let padding = options.padding,
            let activation = options.activation
        else { return nil }
        self.padding = padding
        self.activation = activation
    }

    /// - Returns: whether the options can say it.
    func encode(into draft: inout TableDraft) -> Bool {
        guard strides.count == 3, dilations.count == 3,
            (strides + dilations).allSatisfy({ (1...Int(Int32.max)).contains($0) })
        else { return false }
        for (name, value) in zip(["stride_d", "stride_h", "stride_w"], strides) { draft.set(name, value) }
        for (name, value) in zip(["dilation_d_factor", "dilation_h_factor", "dilation_w_factor"], dilations) {
            draft.set(name, value)
        }
        draft.set(activation)
        return draft.set(padding)
    }
}
