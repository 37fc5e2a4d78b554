import ModelGraph
import Operators

extension TFLiteOperators {
    /// Operators between real numbers and integers.
    static let conversions: [TFLiteOperator] = [
        TFLiteOperator(
            "QUANTIZE", "QuantizeOptions", Quantize.self,
            decode: { _, _ in Quantize() }, encode: { _, _, _ in true },
            version: { _, facts in
                let types = [facts.inputType(0), facts.outputType(0)]
                if types.contains(.uint4) { return 5 }
                if types.contains(.int4) { return 4 }
                if facts.outputs.first?.quantization.map({ $0.scales.count > 1 }) ?? false { return 3 }
                return facts.outputType(0) == .int16 ? 2 : 1
            }),
        TFLiteOperator(
            "DEQUANTIZE", "DequantizeOptions", Dequantize.self,
            decode: { _, _ in Dequantize() }, encode: { _, _, _ in true },
            version: { _, facts in
                switch facts.inputType(0) {
                case .uint4: 8
                case .int2: 7
                case .int4: 6
                case .int16, .float16: 3
                case .int8: facts.isPerChannel(0) ? 5 : 2
                default: 1
                }
            }),
    ]
}
