import ModelGraph

/// An operator on ONNX's sequences of tensors and on its optional values, which only the runtime between two stages knows.
package struct SequenceOperation: GraphCaller {
    package enum Kind: Sendable {
        case construct, empty, insert, at, erase, length
        /// Joins the tensors of a sequence along an axis, which is new to them or not.
        case concatenate(axis: Int, isNew: Bool)
        /// Cuts a tensor along an axis, which parts of one position lose unless it is kept.
        case split(axis: Int, keepsAxis: Bool)
        /// Runs a graph on each element of operand 0.
        case map(GraphReference)
        case optional, hasElement, element
    }

    package var kind: Kind
    package init(_ kind: Kind) { self.kind = kind }
    package var name: String { "Sequence" }
    package func isEqual(to other: any Operation) -> Bool { false }

    package var calledGraphs: [GraphReference] {
        if case .map(let body) = kind { [body] } else { [] }
    }
}
