/// What a node computes: the operator's kind and attributes, without its operands.
///
/// Each operator is one type in `Operators`; an operator that we do not know is an `OpaqueOperation`.
package protocol Operation: Sendable {
    /// The field's name of the operator, such as `Convolution`.
    var name: String { get }

    /// Whether `other` is the same operator with the same attributes.
    func isEqual(to other: any Operation) -> Bool

    /// The type and shape rule.
    ///
    /// - Parameter inputs: one entry for each operand; nil for an optional operand that is left out.
    /// - Returns: one entry for each output; nil if the outputs cannot be told from the inputs (opaque operators, or
    ///   shapes that depend on values that are not constant).
    /// - Throws: `GraphError` if the operands do not fit the operator.
    func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]?
}

extension Operation {
    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? { nil }
}

extension Operation where Self: Equatable {
    package func isEqual(to other: any Operation) -> Bool { (other as? Self) == self }
}

/// What is known of a tensor before running.
package struct TensorFacts: Sendable, Equatable {
    package var type: ElementType
    /// nil where the shape is not known at all.
    package var shape: Shape?
    package var constant: TensorData?

    package init(type: ElementType, shape: Shape?, constant: TensorData? = nil) {
        self.type = type
        self.shape = shape
        self.constant = constant
    }
}

/// An operator that moves through untouched: unknown to us, custom, or holding subgraphs.
/// Passes and the planner step around it.
package struct OpaqueOperation: Operation, Equatable {
    /// The name in the file, such as `WHILE` or `CUSTOM:Convolution2DTransposeBias`.
    package var name: String
    /// Whether it runs other graphs of the model, so that nothing can be said of what it reads or writes there.
    package var callsSubgraphs: Bool
    /// How the runtime runs it, between the kernels of other nodes; nil if it cannot. No pass looks at it, and the file's
    /// own node is what is written.
    package var hosted: (any Operation)?

    package init(name: String, callsSubgraphs: Bool = false, hosted: (any Operation)? = nil) {
        self.name = name
        self.callsSubgraphs = callsSubgraphs
        self.hosted = hosted
    }

    package static func == (a: OpaqueOperation, b: OpaqueOperation) -> Bool {
        a.name == b.name && a.callsSubgraphs == b.callsSubgraphs
    }
}
