import ModelGraph

// Operators that run other graphs. They are held by an `OpaqueOperation`: passes step around them, the runtime runs them.

/// A graph that an operator runs. Its inputs are the operands that the operator gives it, and then the values that it
/// takes from the graph around it, which are the implicit inputs of the node.
package enum GraphReference: Sendable {
    /// One of the model's graphs.
    case index(Int)
    /// A graph that stands in the operator, with the places of what it takes from around it among the node's implicit
    /// inputs.
    case body(Graph, captured: [Int])
}

/// An operator that runs other graphs.
package protocol GraphCaller: Operation {
    var calledGraphs: [GraphReference] { get }
}

/// An operator that reads or changes what is kept from run to run, so that it has to run in its turn.
package protocol StatefulOperation: Operation {}

/// Runs one of two graphs, as operand 0 says. TFLite gives the graph the other operands; ONNX has no others.
package struct If: GraphCaller {
    package var then: GraphReference
    package var otherwise: GraphReference
    package init(then: GraphReference, otherwise: GraphReference) {
        self.then = then
        self.otherwise = otherwise
    }
    package var name: String { "If" }
    package func isEqual(to other: any Operation) -> Bool { false }
    package var calledGraphs: [GraphReference] { [then, otherwise] }
}

/// TFLite's loop: runs `body` on the operands, and then on its own results, for as long as `condition` of them holds.
package struct While: GraphCaller {
    package var condition: GraphReference
    package var body: GraphReference
    package init(condition: GraphReference, body: GraphReference) {
        self.condition = condition
        self.body = body
    }
    package var name: String { "While" }
    package func isEqual(to other: any Operation) -> Bool { false }
    package var calledGraphs: [GraphReference] { [condition, body] }
}

/// ONNX's loop. Operands: trip count and condition, either of which may be left out, and the carried values. The body takes
/// the number of the iteration, the condition and the carried values, and gives the next condition, the next carried
/// values, and a part of each further result, which are stacked along a new first axis.
package struct Loop: GraphCaller {
    package var body: GraphReference
    package init(body: GraphReference) { self.body = body }
    package var name: String { "Loop" }
    package func isEqual(to other: any Operation) -> Bool { false }
    package var calledGraphs: [GraphReference] { [body] }
}

/// ONNX's loop over slices of tensors. Operands: the states, then the tensors that are cut into slices.
package struct Scan: GraphCaller {
    package var body: GraphReference
    package var scanInputCount: Int
    /// For each scanned operand, the axis along which it is cut, and whether from its end; empty for axis 0.
    package var inputAxes: [Int]
    package var inputDirections: [Int]
    package var outputAxes: [Int]
    package var outputDirections: [Int]
    /// Operator set 8: operand 0 holds the sequences' lengths, and all others have a batch before everything else.
    package var isBatched: Bool

    package init(
        body: GraphReference, scanInputCount: Int, inputAxes: [Int] = [], inputDirections: [Int] = [],
        outputAxes: [Int] = [], outputDirections: [Int] = [], isBatched: Bool = false
    ) {
        self.body = body
        self.scanInputCount = scanInputCount
        self.inputAxes = inputAxes
        self.inputDirections = inputDirections
        self.outputAxes = outputAxes
        self.outputDirections = outputDirections
        self.isBatched = isBatched
    }
    package var name: String { "Scan" }
    package func isEqual(to other: any Operation) -> Bool { false }
    package var calledGraphs: [GraphReference] { [body] }
}

/// Runs a graph on the operands: a call, a function of the model, a composite by its decomposition.
package struct Call: GraphCaller {
    package var graph: GraphReference
    /// Which operands the graph takes; nil for all of them.
    package var operands: [Int]?
    package init(_ graph: GraphReference, operands: [Int]? = nil) {
        self.graph = graph
        self.operands = operands
    }
    package var name: String { "Call" }
    package func isEqual(to other: any Operation) -> Bool { false }
    package var calledGraphs: [GraphReference] { [graph] }
}

/// Runs a graph without operands the first time only: TFLite's way to set variables.
package struct CallOnce: GraphCaller, StatefulOperation {
    package var graph: GraphReference
    package init(_ graph: GraphReference) { self.graph = graph }
    package var name: String { "CallOnce" }
    package func isEqual(to other: any Operation) -> Bool { false }
    package var calledGraphs: [GraphReference] { [graph] }
}

/// Names a variable.
package struct VariableHandle: Operation, Equatable {
    package var container: String
    package var sharedName: String
    package init(container: String, sharedName: String) {
        self.container = container
        self.sharedName = sharedName
    }
    package var name: String { "VariableHandle" }
}

/// The content of the variable that operand 0 names.
package struct ReadVariable: StatefulOperation, Equatable {
    package init() {}
    package var name: String { "ReadVariable" }
}

/// Gives the variable that operand 0 names the value of operand 1.
package struct AssignVariable: StatefulOperation, Equatable {
    package init() {}
    package var name: String { "AssignVariable" }
}
