import ModelGraph
import Operators

extension Convolution: Relayable {
    /// Filters [O, C/groups, kernel…] become [O, kernel…, C/groups]. A group for each channel is a depthwise convolution,
    /// with the filter [1, kernel…, O].
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard layout == .channelsFirst, let x = inputs.first ?? nil, inputs.count > 1, let w = inputs[1],
            x.sizes.count >= 3, w.sizes.count == x.sizes.count, !w.isMoved,
            !Lowering.needsAnyZeroPoints(x, w, bias: inputs.count > 2 ? inputs[2] : nil)
        else { return nil }
        if x.sizes.count == 4, groups > 1, groups == x.modelSizes[1], w.sizes[1] == 1 {
            let depthwise = DepthwiseConvolution(
                strides: strides, dilations: dilations, padding: padding, multiplier: 0, activation: activation)
            return StoredForm(depthwise, operands: [.channelsLast, .permuted([1, 2, 3, 0])], movesResult: true)
        }
        var convolution = self
        convolution.layout = .channelsLast
        return StoredForm(
            convolution, operands: [.channelsLast, .permuted(ChannelOrder.toLast(rank: w.sizes.count))],
            movesResult: true)
    }
}

extension TransposedConvolution: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        StoredForm(self, operands: [.channelsLast], movesResult: true)
    }
}

extension Gemm: Relayable {
    /// The kernels take a [M, K] and b [N, K].
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        var gemm = self
        gemm.transposesA = false
        gemm.transposesB = true
        return StoredForm(
            gemm, operands: [transposesA ? .permuted([1, 0]) : .model, transposesB ? .model : .permuted([1, 0])],
            movesResult: false)
    }
}

extension MatrixMultiplication: Relayable {
    /// With a constant matrix b it is a fully connected layer.
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard inputs.count == 2, let a = inputs[0], let b = inputs[1], b.constant != nil, b.sizes.count == 2,
            b.type == .float32 || b.type.arithmeticName == nil, !Lowering.needsAnyZeroPoints(a, b, bias: nil)
        else { return nil }
        return StoredForm(
            FullyConnected(keepsDimensions: true), operands: [.model, .permuted([1, 0])], movesResult: false)
    }
}
