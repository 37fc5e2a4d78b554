import ModelGraph

/// The logarithm of a softmax along an axis.
package struct LogSoftmax: Operation, Equatable {
    /// Counted from the last axis when negative.
    package var axis: Int
    /// Whether the sum is over the axes behind as well.
    package var includesInnerAxes: Bool

    package init(axis: Int = -1, includesInnerAxes: Bool = false) {
        self.axis = axis
        self.includesInnerAxes = includesInnerAxes
    }

    package var name: String { "LogSoftmax" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        try Softmax(axis: axis, includesInnerAxes: includesInnerAxes).inferOutputs(from: inputs)
    }
}

/// 1 at the first of the largest elements along an axis, 0 elsewhere.
package struct Hardmax: Operation, Equatable {
    /// Counted from the last axis when negative.
    package var axis: Int
    /// Whether the axes behind are part of it.
    package var includesInnerAxes: Bool

    package init(axis: Int = -1, includesInnerAxes: Bool = false) {
        self.axis = axis
        self.includesInnerAxes = includesInnerAxes
    }

    package var name: String { "Hardmax" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        try Softmax(axis: axis, includesInnerAxes: includesInnerAxes).inferOutputs(from: inputs)
    }
}
