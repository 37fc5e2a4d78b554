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
        if isMovement(operation) { return .shared }
        switch operation {
        case let op as Convolution:
            return op.layout == .channelsLast && op.strides.count == 2 ? .linear : .none("its layout has no int8 form")
        case let op as TransposedConvolutionToShape:
            return op.strides.count == 2 ? .linear : .none("its layout has no int8 form")
        case is DepthwiseConvolution, is FullyConnected: return .linear
        case let op as Binary:
            switch op.kind {
            case .add, .subtract, .multiply, .squaredDifference, .leakyRelu: return .free
            case .maximum, .minimum: return .shared
            default: return .none("\(op.name) has no int8 form")
            }
        case let op as Unary: return tflite(op)
        case let op as ParametricUnary:
            return op.kind == .leakyRelu ? .free : .none("\(op.name) has no int8 form")
        case is Gelu, is Comparison, is BatchMatrixMultiplication: return .free
        case is ArgExtremum: return .free
        case is Softmax: return .fixed(Quantization(scale: 1 / 256, zeroPoint: -128))
        case let op as LogSoftmax where op.axis == -1 && !op.includesInnerAxes:
            return .fixed(Quantization(scale: 16 / 256, zeroPoint: 127))
        case let op as LpNormalization where op.norm == .l2 && op.axis == -1:
            return .fixed(Quantization(scale: 1 / 128, zeroPoint: 0))
        case let op as Reduce:
            switch op.kind {
            case .mean: return .free
            case .max, .min: return .shared
            default: return .none("\(op.name) has no exact int8 form")
            }
        case let op as Pool where op.layout == .channelsLast && op.isPlain: return .shared
        case is Concatenation, is Pad, is GeneralPad, is Pack, is SpaceToBatch, is BatchToSpace, is SpaceToDepth,
            is GatherND, is Reverse, is DynamicUpdateSlice, is Select, is ResizeBilinear, is ResizeNearest:
            return .shared
        default: return .none("\(operation.name) has no int8 form")
        }
    }

    private static func tflite(_ operation: Unary) -> QuantizationRule {
        switch operation.kind {
        case .relu, .relu6, .reluN1To1, .relu0To1, .hardSwish, .elu, .abs, .negate: .free
        case .logistic: .fixed(Quantization(scale: 1 / 256, zeroPoint: -128))
        case .tanh: .fixed(Quantization(scale: 1 / 128, zeroPoint: 0))
        // LiteRT has tables for these. But what they make of small numbers is lost in steps that are all alike.
        case .exp, .log, .sqrt, .rsqrt: .none("\(operation.name) needs numbers of more than 8 bits")
        default: .none("\(operation.name) has no int8 form")
        }
    }

    /// Softmax and its like stay real: engines have no exact integer form of them, and they stand at the end.
    private static func onnx(_ operation: any Operation) -> QuantizationRule {
        if isMovement(operation) { return .shared }
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
        case let op as ParametricUnary:
            return op.kind == .leakyRelu ? .free : .none("\(op.name) has no int8 form")
        case let op as Pool where op.layout == .channelsFirst && op.isPlain: return op.kind == .max ? .shared : .free
        case let op as GlobalPool where op.layout == .channelsFirst:
            return op.kind == .average ? .free : .none("\(op.name) has no int8 form")
        case let op as Reduce: return op.kind == .max ? .shared : .none("\(op.name) has no int8 form")
        case let op as Resize: return op.mode == .nearest ? .shared : .none("it has no int8 form that interpolates")
        case let op as ArgExtremum: return op.kind == .maximum ? .free : .none("\(op.name) has no int8 form")
        case is Concatenation: return .free
        case is Pad, is GatherElements, is Select: return .shared
        default: return .none("\(operation.name) has no int8 form")
        }
    }

    /// Whether the operator hands on its first operand's elements, which both formats' engines do with integers of any
    /// meaning.
    private static func isMovement(_ operation: any Operation) -> Bool {
        switch operation {
        case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is ExpandDimensions, is Transpose, is Slice,
            is StridedSlice, is Split, is Unpack, is Gather, is Tile, is Expand, is DepthToSpace:
            true
        default: false
        }
    }

    /// Whether the operator only moves or compares values, so that quantizing it alone would win nothing.
    package static func movesOnly(_ operation: any Operation) -> Bool {
        switch operation {
        case is Pad, is GeneralPad, is Pack, is Concatenation, is SpaceToBatch, is BatchToSpace, is SpaceToDepth,
            is GatherND, is GatherElements, is Reverse, is DynamicUpdateSlice, is Select, is Comparison,
            is ArgExtremum:
            true
        default: isMovement(operation)
        }
    }
}

extension Node {
    /// The operands that an integer form of the node reads as integers; the others say how, such as a resizing's scales.
    package func quantizedOperands(in graph: Graph) -> [ValueID] {
        let operands = operation is Resize ? Array(inputs.prefix(1)) : inputs
        return operands.compactMap(\.self).filter { graph[$0].type.isFloatingPoint }
    }
}
