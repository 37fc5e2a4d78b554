import ModelGraph
import Operators

/// What an operator's int8 form asks of its operands' and results' quantization.
///
/// - Source: LiteRT 8-bit quantization specification; onnxruntime's QDQ selectors.
package enum QuantizationRule: Sendable, Equatable {
    /// int8 weights with a scale for each channel, int32 bias; input and result have parameters of their own.
    case linear
    /// Each operand and the result have parameters of their own.
    case free
    /// All real operands and the result share their parameters.
    case shared
    /// The result's parameters are fixed.
    case fixed(Quantization)
    /// There is no int8 form; the reason is for the user.
    case none(String)

    package init(_ operation: any Operation, for format: ModelFormat) {
        self = format == .onnx ? .onnx(operation) : .tflite(operation)
    }

    private static func tflite(_ operation: any Operation) -> QuantizationRule {
        switch operation {
        case let op as Convolution:
            return op.layout == .channelsLast && op.strides.count == 2 ? .linear : .none("its layout has no int8 form")
        case is DepthwiseConvolution, is FullyConnected: return .linear
        case let op as Binary:
            switch op.kind {
            case .add, .subtract, .multiply: return .free
            case .maximum, .minimum: return .shared
            default: return .none("\(op.name) has no int8 form")
            }
        case let op as Unary:
            switch op.kind {
            case .relu, .relu6, .reluN1To1, .hardSwish: return .free
            case .logistic: return .fixed(Quantization(scale: 1 / 256, zeroPoint: -128))
            case .tanh: return .fixed(Quantization(scale: 1 / 128, zeroPoint: 0))
            default: return .none("\(op.name) has no int8 form")
            }
        case is Gelu: return .free
        case is Softmax: return .fixed(Quantization(scale: 1 / 256, zeroPoint: -128))
        case let op as Reduce:
            return op.kind == .mean ? .free : .none("\(op.name) has no exact int8 form")
        case let op as Pool where op.layout == .channelsLast && op.isPlain: return .shared
        case is Concatenation, is Reshape, is Squeeze, is ExpandDimensions, is Pad, is Transpose, is Pack,
            is StridedSlice, is ResizeBilinear, is ResizeNearest:
            return .shared
        default: return .none("\(operation.name) has no int8 form")
        }
    }

    /// Softmax and its like stay real: engines have no exact integer form of them, and they stand at the end.
    private static func onnx(_ operation: any Operation) -> QuantizationRule {
        switch operation {
        case let op as Convolution:
            return op.layout == .channelsFirst ? .linear : .none("its layout has no int8 form")
        case let op as Gemm:
            return op.alpha == 1 && !op.transposesA ? .linear : .none("it scales or transposes its operand")
        case is MatrixMultiplication: return .linear
        case let op as Binary:
            switch op.kind {
            case .add, .multiply: return .free
            default: return .none("\(op.name) has no int8 form")
            }
        case let op as Unary:
            switch op.kind {
            case .relu, .relu6, .reluN1To1, .relu0To1: return .free
            case .logistic: return .fixed(Quantization(scale: 1 / 256, zeroPoint: -128))
            default: return .none("\(op.name) has no int8 form")
            }
        case let op as Pool where op.layout == .channelsFirst && op.isPlain: return op.kind == .max ? .shared : .free
        case let op as GlobalPool where op.layout == .channelsFirst:
            return op.kind == .average ? .free : .none("\(op.name) has no int8 form")
        case is Concatenation: return .free
        case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Transpose, is Pad: return .shared
        default: return .none("\(operation.name) has no int8 form")
        }
    }

    /// Whether the operator only moves values, so that quantizing it alone would win nothing.
    package static func movesOnly(_ operation: any Operation) -> Bool {
        switch operation {
        case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is ExpandDimensions, is Pad, is Transpose, is Pack,
            is StridedSlice, is Concatenation:
            true
        default: false
        }
    }
}
