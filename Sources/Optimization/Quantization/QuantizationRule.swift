import ModelGraph
import Operators

/// What an operator's int8 form asks of its operands' and results' quantization.
///
/// - Source: LiteRT 8-bit quantization specification.
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

    package init(_ operation: any Operation) {
        switch operation {
        case let op as Convolution:
            self = op.layout == .channelsLast && op.strides.count == 2 ? .linear : .none("its layout has no int8 form")
        case is DepthwiseConvolution, is FullyConnected: self = .linear
        case let op as Binary:
            switch op.kind {
            case .add, .subtract, .multiply: self = .free
            case .maximum, .minimum: self = .shared
            default: self = .none("\(op.name) has no int8 form")
            }
        case let op as Unary:
            switch op.kind {
            case .relu, .relu6, .reluN1To1, .hardSwish: self = .free
            case .logistic: self = .fixed(Quantization(scale: 1 / 256, zeroPoint: -128))
            case .tanh: self = .fixed(Quantization(scale: 1 / 128, zeroPoint: 0))
            default: self = .none("\(op.name) has no int8 form")
            }
        case is Softmax: self = .fixed(Quantization(scale: 1 / 256, zeroPoint: -128))
        case let op as Reduce:
            self = op.kind == .mean ? .free : .none("\(op.name) has no exact int8 form")
        case let op as Pool where op.layout == .channelsLast: self = .shared
        case is Concatenation, is Reshape, is Squeeze, is ExpandDimensions, is Pad, is Transpose, is Pack,
            is StridedSlice, is ResizeBilinear:
            self = .shared
        default: self = .none("\(operation.name) has no int8 form")
        }
    }

    /// Whether the operator only moves values, so that quantizing it alone would win nothing.
    package static func movesOnly(_ operation: any Operation) -> Bool {
        switch operation {
        case is Reshape, is Squeeze, is ExpandDimensions, is Pad, is Transpose, is Pack, is StridedSlice,
            is Concatenation:
            true
        default: false
        }
    }
}
