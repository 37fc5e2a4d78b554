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

    /// Where windows that are known in full meet an axis.
    package init(input: Int, output: Int, kernel: Int, stride: Int, dilation: Int, before: Int) {
        self.input = input
        self.output = output
        self.kernel = kernel
        self.stride = stride
        self.dilation = dilation
        self.before = before
    }

    /// - Throws: `GraphError` if an extent, stride or dilation is not positive, or larger than a file can say.
    static func check(input: Int, kernel: Int, stride: Int, dilation: Int) throws(GraphError) {
        let possible = 1...Int(Int32.max)
        guard possible.contains(input) else {
            throw GraphError(.invalidShape, "a spatial axis has an extent of \(input)")
        }
        guard possible.contains(kernel) else { throw GraphError(.invalidShape, "a window of \(kernel) elements") }
        guard possible.contains(stride) else { throw GraphError(.invalidAttribute, "a stride of \(stride)") }
        guard possible.contains(dilation) else { throw GraphError(.invalidAttribute, "a dilation of \(dilation)") }
    }

    /// - Parameter roundsUp: whether a last window that reaches over the padded axis counts, unless it starts behind the
    ///   input.
    /// - Throws: `GraphError` if an extent, stride or dilation is not positive, a padding is negative, or the window
    ///   is larger than the padded axis.
    package init(
        input: Int, kernel: Int, stride: Int, dilation: Int, padding: Padding, axis: Int, roundsUp: Bool = false
    ) throws(GraphError) {
        try Window.check(input: input, kernel: kernel, stride: stride, dilation: dilation)
        // Below 2⁶²: no sum of two of these can overflow.
        let covered = (kernel - 1) * dilation + 1
        func count(in padded: Int, before: Int) -> Int {
            guard roundsUp else { return padded < covered ? 0 : (padded - covered) / stride + 1 }
            // Below 2⁶³: `padded` and `stride` are at most 2³³ each.
            let windows = padded < covered ? 1 : (padded - covered + stride - 1) / stride + 1
            return (windows - 1) * stride >= input + before ? windows - 1 : windows
        }
        var before = 0
        let output: Int
        switch padding {
        case .same, .sameLower:
            output = (input - 1) / stride + 1
            let total = max((output - 1) * stride + covered - input, 0)
            before = padding == .same ? total / 2 : total - total / 2
        case .valid:
            output = count(in: input, before: 0)
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
            output = count(in: padded, before: before)
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
