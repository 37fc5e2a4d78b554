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
