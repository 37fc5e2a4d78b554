import ModelGraph
import Operators

/// Takes a hard swish that is spelled out as the one operator.
///
///     x · relu6(x + 3) / 6, in any order          ⟹   HardSwish(x)
///     x · clip(x/6 + 1/2, 0, 1), likewise         ⟹   HardSwish(x)
///     x · HardSigmoid(x; α = 1/6, β = 1/2)        ⟹   HardSwish(x)
///
/// For float32, where nothing else reads the results between. The results agree within the rounding of single
/// precision.
///
/// - Requires: TFLite, or ONNX from operator set 14 on.
/// - Source: Howard et al. 2019, section 5.2.
package struct RecognizeHardSwishPass: Pass {
    package static let name = "recognize-hard-swish"
    package static let summary = "take a spelled-out hard swish as the one operator"

    package let notes: [String] = []
    private let isPossible: Bool
    private var scan = GraphScan()

    package init(context: PassContext) throws(PassError) {
        let model = context.model
        isPossible = model.format == .tflite || model.operatorSetVersion ?? 0 >= 14
    }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        guard isPossible else { return nil }
        let connections = GraphConnections(graph)
        return scan.next(in: graph) { id in
            guard let gate = Gate(graph[id].operation) else { return nil }
            return SpelledActivation(
                around: id, inner: gate.inner, outer: [.xt: gate.factor], in: graph, connections: connections,
                ignoresActivation: gate.isFused
            )?.replacement(by: Unary(.hardSwish), called: "hard swish", in: graph)
        }
    }
}

/// An operator that may be the gate of a hard swish.
private struct Gate {
    /// What its operand has to be of x.
    var inner: [ScalarExpression.Monomial: Double]
    /// By what the product of x and the gate is multiplied.
    var factor: Double
    /// Whether it is the activation of a sum.
    var isFused = false

    init?(_ operation: any Operation) {
        switch operation {
        case let op as Unary where op.kind == .relu6: (inner, factor) = ([.x: 1, .one: 3], 1 / 6)
        case let op as Unary where op.kind == .relu0To1: (inner, factor) = ([.x: 1 / 6, .one: 0.5], 1)
        case let op as ParametricUnary
        where op.kind == .hardSigmoid && abs(op.alpha * 6 - 1) < 1e-6 && op.beta == 0.5:
            (inner, factor) = ([.x: 1], 1)
        case let op as Binary where op.activation == .relu6:
            (inner, factor, isFused) = ([.x: 1, .one: 3], 1 / 6, true)
        default: return nil
        }
    }
}
