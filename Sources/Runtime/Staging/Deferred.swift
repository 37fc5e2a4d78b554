import ModelGraph
import Operators

/// What a plan leaves to later stages, in running order.
struct Deferred: Sendable {
    /// A node that has all its operands when the stage is over, but could not be planned with it.
    struct Root: Sendable {
        var node: NodeID
        /// The operands whose content has to be known to plan the node; empty for a node that no plan holds.
        var operands: Set<Int>
    }

    var nodes: [NodeID] = []
    var roots: [Root] = []
    /// Whether one that is not a root reads or changes variables.
    var holdsState = false
}

/// The operands that the planning of a node asked for.
final class Demands {
    var operands: Set<Int> = []
}

/// A value that was made before a stage begins, as far as its plan may depend on it.
enum KnownValue: Sendable {
    case tensor(ElementType, [Int], TensorData?)
    /// No tensor: a sequence, an optional, a handle.
    case other
}

extension Graph {
    /// All values that a node reads when it runs.
    func reads(of id: NodeID) -> [ValueID] {
        let node = self[id]
        let operands = node.inputs.compactMap { $0 }
        return node.operation is OpaqueOperation ? operands + node.implicitInputs : operands
    }
}

extension Node {
    /// Whether the node has to run in its turn among others of its kind.
    var touchesState: Bool {
        guard let hosted = (operation as? OpaqueOperation)?.hosted else { return false }
        if hosted is any StatefulOperation { return true }
        // Graphs of the model may hold variables' operators.
        return (hosted as? any GraphCaller)?.calledGraphs.contains { if case .index = $0 { true } else { false } }
            ?? false
    }
}

extension Value {
    /// Whether the tensor keeps its content from run to run. What only training changes is a constant.
    var isState: Bool { isVariable && constant == nil }
}
