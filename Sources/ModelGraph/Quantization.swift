/// How stored integers stand for real numbers: real = scale · (q − zeroPoint).
///
/// Without an axis there is one scale and one zero point for the whole tensor. With an axis there is one pair for each
/// index along it, or for each block of `blockSize` consecutive indices of the tensor's last axis.
/// `zeroPoints` has as many entries as `scales`.
package struct Quantization: Hashable, Sendable {
    package var scales: [Float]
    package var zeroPoints: [Int64]
    package var axis: Int?
    package var blockSize: Int?

    package init(scale: Float, zeroPoint: Int64) {
        scales = [scale]
        zeroPoints = [zeroPoint]
    }

    /// - Parameter zeroPoints: nil for a symmetric quantization, all zero.
    package init(scales: [Float], zeroPoints: [Int64]? = nil, axis: Int?, blockSize: Int? = nil) {
        self.scales = scales
        self.zeroPoints = zeroPoints ?? Array(repeating: 0, count: scales.count)
        self.axis = axis
        self.blockSize = blockSize
    }

    package var isPerTensor: Bool { scales.count == 1 && blockSize == nil }
    package var scale: Float { scales[0] }
    package var zeroPoint: Int64 { zeroPoints[0] }
}
