import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators that multiply by weights. The versions are those of LiteRT's op_version table.
    static let linear: [TFLiteOperator] = [
        TFLiteOperator(
            "CONV_2D", "Conv2DOptions", Convolution.self,
            decode: { options, facts in
                guard let strides = options.positives("stride_h", "stride_w"), let padding = options.padding,
                    let dilations = options.positives("dilation_h_factor", "dilation_w_factor"),
                    let activation = options.activation
                else { return nil }
                return Convolution(
                    strides: strides, dilations: dilations, padding: padding, groups: groups(facts),
                    activation: activation)
            },
            encode: { operation, _, draft in
                draft.set(operation.activation)
                return operation.layout == .channelsLast && draft.set(operation.padding)
                    && draft.set("stride_h", "stride_w", operation.strides)
                    && draft.set("dilation_h_factor", "dilation_w_factor", operation.dilations)
            },
            version: { operation, facts in
                switch (facts.inputType(0), facts.inputType(1)) {
                case _ where operation.groups > 1: 6
                case (.int16, .int8), (.int16, .int16): 4
                case (.int8, .int8): 3
                case (.int8, .int4), (.int8, .int2): 7
                case (.float32, .int8), (.float32, .int4): facts.isPerChannel(1) ? 5 : 2
                default: 1
                }
            }),
        TFLiteOperator(
            "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", DepthwiseConvolution.self,
            decode: { options, facts in
                guard let strides = options.positives("stride_h", "stride_w"), let padding = options.padding,
                    let dilations = options.positives("dilation_h_factor", "dilation_w_factor"),
                    let activation = options.activation, let multiplier = multiplier(options, facts)
                else { return nil }
                return DepthwiseConvolution(
                    strides: strides, dilations: dilations, padding: padding, multiplier: multiplier,
                    activation: activation)
            },
            encode: { operation, _, draft in
                draft.set("depth_multiplier", operation.multiplier)
                draft.set(operation.activation)
                return (1...Int(Int32.max)).contains(operation.multiplier) && draft.set(operation.padding)
                    && draft.set("stride_h", "stride_w", operation.strides)
                    && draft.set("dilation_h_factor", "dilation_w_factor", operation.dilations)
            },
            version: { operation, facts in
                switch (facts.inputType(0), facts.inputType(1)) {
                case (.int16, .int8), (.int16, .int16): 5
                case (.float32, .int8), (.float32, .int4): facts.isPerChannel(1) ? 6 : 4
                case (.int8, .int8): 3
                case (.int8, .int4), (.int8, .int2): 7
                default: operation.dilations.contains { $0 != 1 } ? 2 : 1
                }
            }),
        TFLiteOperator(
            "FULLY_CONNECTED", "FullyConnectedOptions", FullyConnected.self,
            decode: { options, _ in
                // Shuffled weights and those of a specification of their own have another layout.
                guard let activation = options.activation, options.integer("weights_format") == 0,
                    options.count("quant_spec") == 0
                else { return nil }
                return FullyConnected(
                    activation: activation, keepsDimensions: options.flag("keep_num_dims"),
                    quantizesInputsAsymmetrically: options.flag("asymmetric_quantize_inputs"))
            },
            encode: { operation, _, draft in
                draft.set(operation.activation)
                draft.set("keep_num_dims", operation.keepsDimensions)
                draft.set("asymmetric_quantize_inputs", operation.quantizesInputsAsymmetrically)
                return true
            },
            version: { operation, facts in fullyConnectedVersion(operation, facts) }),
    ]

    private static func groups(_ facts: OperandFacts) -> Int {
        guard let input = facts.inputShape(0)?.sizes, let weights = facts.inputShape(1)?.sizes,
            input.count == 4, weights.count == 4, weights[3] > 0, input[3] > 0, input[3] % weights[3] == 0
        else { return 1 }
        return input[3] / weights[3]
    }

    /// The field is redundant, and old files leave it out.
    private static func multiplier(_ options: FlatTable, _ facts: OperandFacts) -> Int? {
        let stored = options.integer("depth_multiplier")
        if stored > 0 { return stored }
        guard let input = facts.inputShape(0)?.sizes, let weights = facts.inputShape(1)?.sizes,
            input.count == 4, weights.count == 4, input[3] > 0, weights[3] > 0, weights[3] % input[3] == 0
        else { return nil }
        return weights[3] / input[3]
    }

    private static func fullyConnectedVersion(_ operation: FullyConnected, _ facts: OperandFacts) -> Int {
        var version = 1
        if operation.keepsDimensions { version = 5 }
        if facts.inputs.count == 2 { version = 6 }
        if facts.inputs.indices.contains(1), facts.inputs[1]?.isSparse == true { version = 8 }
        let byType =
            switch (facts.inputType(0), facts.inputType(1)) {
            case (_, .int2): 14
            case (.int16, .int4): 13
            case (.int16, _): 7
            case (.int8, .int4): 10
            case (.int8, .int8): 4
            case (.float32, .int8), (.float32, .int4):
                facts.isPerChannel(1) ? 12 : operation.quantizesInputsAsymmetrically ? 9 : 3
            default: 1
            }
        return max(version, byType)
    }
}
