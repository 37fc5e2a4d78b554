import ModelGraph

/// exp(β·x) over its sum along an axis.
package struct Softmax: Operation, Equatable {
    package var beta: Float
    /// Counted from the last axis when negative.
    package var axis: Int

    package init(beta: Float = 1, axis: Int = -1) {
        self.beta = beta
        self.axis = axis
    }

    package var name: String { "Softmax" }
}
