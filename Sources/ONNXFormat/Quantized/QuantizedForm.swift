import ModelGraph
import Operators

/// How ONNX files spell integer operators, and the way from and to the form in which the graph has them.
///
/// In the graph an integer operator is the operator itself, with integers as operands and result whose values carry
/// scale and zero point. A file has either of
///
///     QDQ:        DequantizeLinear → operator on real numbers → QuantizeLinear
///     QOperator:  one integer operator (QLinearConv, …) with scales and zero points among its operands
///
/// QOperator nodes are read and written by their rows; what is here turns QDQ into integer operators and back.
package enum QuantizedForm {
    package enum Form: String, Sendable, CaseIterable {
        case qdq
        case qOperator = "qoperator"
    }

    /// The form in which a model was read: QOperator if any of its operators is one.
    package static func form(of model: Model) -> Form {
        guard let source = model.source as? ONNXSource else { return .qdq }
        let isQOperator = source.original.order.contains { id in
            let node = source.original[id]
            return !(node.operation is Quantize || node.operation is Dequantize || node.operation is OpaqueOperation)
                && NodeEncoder(node: node, graph: source.original, version: 1).isInteger
        }
        return isQOperator ? .qOperator : .qdq
    }

    /// The graph as it can be written: no operator on integers that the file's form does not have.
    ///
    /// Clamps that the range of the integers implies are left out. In QOperator form an operator without an integer
    /// counterpart is spelled as in QDQ.
    ///
    /// - Throws: `GraphError` if the result is not a valid graph, which would be a mistake of ours.
    package static func expand(_ graph: Graph, form: Form) throws(GraphError) -> Graph {
        var expansion = QuantizedExpansion(try graph.withoutImpliedClamps(), form: form)
        return try SoftmaxFlattening.spell(try expansion.expand())
    }

    /// The graph with integer operators in place of DequantizeLinear → operator → QuantizeLinear, wherever onnxruntime
    /// fuses these as well; everything else stays as it is.
    ///
    /// - Throws: `GraphError` if the result is not a valid graph, which would be a mistake of ours.
    package static func fuse(_ graph: Graph) throws(GraphError) -> Graph {
        var fusion = QuantizedFusion(graph)
        return try fusion.fuse()
    }
}

extension Quantization {
    /// The least and the largest integer of a type that quantization uses; nil for others.
    static func limits(of type: ElementType) -> ClosedRange<Int64>? {
        switch type {
        case .int8: -128...127
        case .uint8: 0...255
        case .int16: -32768...32767
        case .uint16: 0...65535
        default: nil
        }
    }

    /// Whether no integer of the type stands for a number outside the bounds, so that clamping to them does nothing.
    func implies(_ bounds: (lower: Float, upper: Float), for type: ElementType) -> Bool {
        guard isPerTensor, let limits = Quantization.limits(of: type) else { return false }
        func integer(_ bound: Float) -> Float { (bound / scale).rounded(.toNearestOrEven) + Float(zeroPoint) }
        return integer(bounds.lower) <= Float(limits.lowerBound) && integer(bounds.upper) >= Float(limits.upperBound)
    }
}

extension Unary {
    /// The interval that the operator clamps to; nil for those that do more than clamp.
    var clampBounds: (lower: Float, upper: Float)? {
        switch kind {
        case .relu: (0, .infinity)
        case .relu6: (0, 6)
        case .reluN1To1: (-1, 1)
        case .relu0To1: (0, 1)
        default: nil
        }
    }
}

extension Graph {
    /// The graph without clamps of integers that their operands' range implies.
    fileprivate func withoutImpliedClamps() throws(GraphError) -> Graph {
        var graph = self
        for id in order {
            guard let unary = graph[id].operation as? Unary, let bounds = unary.clampBounds,
                case let input?? = graph[id].inputs.first, let output = graph[id].outputs.first,
                let quantization = graph[input].quantization, graph[output].quantization == quantization,
                graph[input].type == graph[output].type, graph[input].constant == nil,
                quantization.implies(bounds, for: graph[input].type)
            else { continue }
            let connections = GraphConnections(graph)
            guard connections.producer(of: input) != nil, !connections.isGraphOutput(output) else { continue }
            var patch = GraphPatch("drop a clamp that the range implies", for: graph)
            patch.replaceUses(of: output, with: input)
            patch.removeNode(id)
            patch.removeValue(output)
            graph = try graph.applying(patch)
        }
        return graph
    }
}
