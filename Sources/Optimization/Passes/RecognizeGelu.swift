import ModelGraph
import Operators

/// Takes a GELU that is spelled out as the one operator.
///
///     x/2 · (1 + erf(x/√2)), in any order                     ⟹   Gelu(x)
///     x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))), likewise    ⟹   GeluTanh(x)
///
/// For float32, where nothing else reads the results between. The results agree within the rounding of single
/// precision.
///
/// - Requires: TFLite, or ONNX from operator set 20 on.
/// - Source: Hendrycks and Gimpel 2016, section 2.
package struct RecognizeGeluPass: Pass {
    package static let name = "recognize-gelu"
    package static let summary = "take a spelled-out GELU as the one operator"

    package let notes: [String] = []
    private let isPossible: Bool

    package init(context: PassContext) throws(PassError) {
        let model = context.model
        isPossible = model.format == .tflite || model.operatorSetVersion ?? 0 >= 20
    }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        guard isPossible else { return nil }
        let slope = (2 / Double.pi).squareRoot()
        var connections: GraphConnections?
        for id in graph.order {
            let (kind, inner): (Gelu.Kind, [ScalarExpression.Monomial: Double])
            // An error function that a file spells in a way without a struct is known by its name.
            switch graph[id].operation.name {
            case "ErrorFunction", "Erf": (kind, inner) = (.exact, [.x: 0.5.squareRoot()])
            case "Tanh": (kind, inner) = (.tanh, [.x: slope, .init(x: 3, t: 0): slope * 0.044715])
            default: continue
            }
            let known = connections ?? GraphConnections(graph)
            connections = known
            if let found = SpelledActivation(
                around: id, inner: inner, outer: [.x: 0.5, .xt: 0.5], in: graph, connections: known)
            {
                return found.replacement(by: Gelu(kind), called: "GELU", in: graph)
            }
        }
        return nil
    }
}
