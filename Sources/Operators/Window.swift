import ModelGraph

/// How a sliding window meets one spatial axis.
package struct Window: Sendable, Equatable {
    package var input: Int
    package var output: Int
    package var kernel: Int
    package var stride: Int
    package var dilation: Int
    /// Positions before the first element that the first window covers.
    package var before: Int

    /// - Throws: `GraphError` if an extent, stride or dilation is not positive, a padding is negative, or the window
    ///   is larger than the padded axis.
    package init(
        input: Int, kernel: Int, stride: Int, dilation: Int, padding: Padding, axis: Int
    ) throws(GraphError) {
        let possible = 1...Int(Int32.max)
        guard possible.contains(input) else {
            throw GraphError(.invalidShape, "a spatial axis has an extent of \(input)")
        }
        guard possible.contains(kernel) else { throw GraphError(.invalidShape, "a window of \(kernel) elements") }
        guard possible.contains(stride) else { throw GraphError(.invalidAttribute, "a stride of \(stride)") }
        guard possible.contains(dilation) else { throw GraphError(.invalidAttribute, "a dilation of \(dilation)") }
        // Below 2⁶²: no sum of two of these can overflow.
        let covered = (kernel - 1) * dilation + 1
        var before = 0
        let output: Int
        switch padding {
        case .same:
            output = (input - 1) / stride + 1
            before = max((output - 1) * stride + covered - input, 0) / 2
        case .valid:
            output = input < covered ? 0 : (input - covered) / stride + 1
        case .explicit(let amounts):
            guard amounts.indices.contains(axis) else {
                throw GraphError(.invalidAttribute, "no padding for spatial axis \(axis)")
            }
            let amount = amounts[axis]
            let allowed = 0...Int(Int32.max)
            guard allowed.contains(amount.before), allowed.contains(amount.after) else {
                throw GraphError(.invalidAttribute, "a padding of \(amount.before) and \(amount.after)")
            }
            let padded = input + amount.before + amount.after
            before = amount.before
            output = padded < covered ? 0 : (padded - covered) / stride + 1
        }
        guard output > 0 else {
            throw GraphError(.invalidShape, "a window that covers \(covered) is larger than its axis of \(input)")
        }
        self.input = input
        self.output = output
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.before = before
    }
}
