import ModelGraph
import Operators

extension TFLiteOperators {
    /// Recurrent layers, normalization, spectra and detection.
    static let sequences: [TFLiteOperator] = [
        TFLiteOperator(
            "LSTM", "LSTMOptions", FusedLSTM.self,
            decode: { options, facts in
                // The basic kernel has other operands.
                guard options.integer("kernel_type") == 0 else { return nil }
                return lstm(.step, options, facts)
            },
            encode: { lstm, _, draft in
                guard lstm.form == .step else { return false }
                set(lstm, &draft)
                return true
            }),
        TFLiteOperator(
            "UNIDIRECTIONAL_SEQUENCE_LSTM", "UnidirectionalSequenceLSTMOptions", FusedLSTM.self,
            decode: { options, facts in
                guard !options.flag("diagonal_recurrent_tensors") else { return nil }
                return lstm(.sequence(isTimeMajor: options.flag("time_major")), options, facts)
            },
            encode: { lstm, _, draft in
                guard case .sequence(let isTimeMajor) = lstm.form else { return false }
                set(lstm, &draft)
                draft.set("time_major", isTimeMajor)
                return true
            }),
        TFLiteOperator(
            "BIDIRECTIONAL_SEQUENCE_LSTM", "BidirectionalSequenceLSTMOptions", FusedBidirectionalLSTM.self,
            decode: { options, _ in
                guard let activation = options.activation else { return nil }
                return FusedBidirectionalLSTM(
                    isTimeMajor: options.flag("time_major"), mergesOutputs: options.flag("merge_outputs"),
                    activation: activation, cellClip: options.real("cell_clip"),
                    projectionClip: options.real("proj_clip"),
                    quantizesAsymmetrically: options.flag("asymmetric_quantize_inputs"))
            },
            encode: { lstm, _, draft in
                draft.set(lstm.activation)
                draft.set("cell_clip", lstm.cellClip)
                draft.set("proj_clip", lstm.projectionClip)
                draft.set("merge_outputs", lstm.mergesOutputs)
                draft.set("time_major", lstm.isTimeMajor)
                draft.set("asymmetric_quantize_inputs", lstm.quantizesAsymmetrically)
                return true
            }),
        rnn("RNN", "RNNOptions") { _ in .step },
        rnn("UNIDIRECTIONAL_SEQUENCE_RNN", "SequenceRNNOptions") { options in
            .sequence(isTimeMajor: options.flag("time_major"))
        },
        rnn("BIDIRECTIONAL_SEQUENCE_RNN", "BidirectionalSequenceRNNOptions") { options in
            .bidirectional(isTimeMajor: options.flag("time_major"), mergesOutputs: options.flag("merge_outputs"))
        },
        TFLiteOperator(
            "SVDF", "SVDFOptions", RankFilter.self,
            decode: { options, _ in
                guard let activation = options.activation, options.integer("rank") > 0 else { return nil }
                return RankFilter(
                    rank: options.integer("rank"), activation: activation,
                    quantizesAsymmetrically: options.flag("asymmetric_quantize_inputs"))
            },
            encode: { filter, _, draft in
                draft.set("rank", filter.rank)
                draft.set(filter.activation)
                draft.set("asymmetric_quantize_inputs", filter.quantizesAsymmetrically)
                return true
            },
            version: { filter, facts in
                if facts.inputType(0) == .int8 { return 3 }
                return filter.quantizesAsymmetrically ? 4 : facts.inputType(1) == .int8 ? 2 : 1
            }),
        TFLiteOperator(
            "L2_NORMALIZATION", "L2NormOptions", LpNormalization.self,
            decode: { options, _ in
                options.activation == Activation.none ? LpNormalization(.l2, epsilon: 1e-6) : nil
            },
            encode: { norm, facts, draft in
                draft.set(Activation.none)
                let isLast = norm.axis == -1 || facts.inputRank(0) == norm.axis + 1
                return norm.norm == .l2 && norm.epsilon == 1e-6 && isLast
            },
            version: { _, facts in facts.inputType(0) == .int8 ? 2 : 1 }),
        TFLiteOperator(
            "RFFT2D", "Rfft2dOptions", RealFourierTransform2D.self,
            decode: { _, _ in RealFourierTransform2D() }, encode: { _, _, _ in true }),
        TFLiteOperator(
            "NON_MAX_SUPPRESSION_V4", "NonMaxSuppressionV4Options", BoxSuppression.self,
            decode: { _, _ in BoxSuppression() }, encode: { suppression, _, _ in !suppression.isSoft }),
        TFLiteOperator(
            "NON_MAX_SUPPRESSION_V5", "NonMaxSuppressionV5Options", BoxSuppression.self,
            decode: { _, _ in BoxSuppression(isSoft: true) }, encode: { suppression, _, _ in suppression.isSoft }),
    ]

    private static func lstm(_ form: FusedLSTM.Form, _ options: FlatTable, _ facts: OperandFacts) -> FusedLSTM? {
        guard let activation = options.activation else { return nil }
        return FusedLSTM(
            form, activation: activation, cellClip: options.real("cell_clip"),
            projectionClip: options.real("proj_clip"),
            quantizesAsymmetrically: options.flag("asymmetric_quantize_inputs"),
            intermediates: facts.intermediates.map(\.quantization))
    }

    private static func set(_ lstm: FusedLSTM, _ draft: inout TableDraft) {
        draft.set(lstm.activation)
        draft.set("cell_clip", lstm.cellClip)
        draft.set("proj_clip", lstm.projectionClip)
        draft.set("asymmetric_quantize_inputs", lstm.quantizesAsymmetrically)
    }

    private static func rnn(
        _ builtin: String, _ options: String, form: @escaping @Sendable (FlatTable) -> FusedRNN.Form
    ) -> TFLiteOperator {
        TFLiteOperator(
            builtin, options, FusedRNN.self,
            decode: { options, _ in
                guard let activation = options.activation else { return nil }
                return FusedRNN(
                    form(options), activation: activation,
                    quantizesAsymmetrically: options.flag("asymmetric_quantize_inputs"))
            },
            encode: { rnn, _, draft in
                switch (rnn.form, builtin) {
                case (.step, "RNN"): break
                case (.sequence(let isTimeMajor), "UNIDIRECTIONAL_SEQUENCE_RNN"):
                    draft.set("time_major", isTimeMajor)
                case (.bidirectional(let isTimeMajor, let mergesOutputs), "BIDIRECTIONAL_SEQUENCE_RNN"):
                    draft.set("time_major", isTimeMajor)
                    draft.set("merge_outputs", mergesOutputs)
                default: return false
                }
                draft.set(rnn.activation)
                draft.set("asymmetric_quantize_inputs", rnn.quantizesAsymmetrically)
                return true
            })
    }
}
