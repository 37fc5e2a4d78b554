import CKernels
import ModelGraph
import Operators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The factor of differences to a row's largest element on their way to Q5.26; those below −(2⁵ − 1) count as minus
/// infinity.
struct ExponentialInput {
    var multiplier: QuantizedMultiplier
    var minimumDifference: Int32

    /// - Throws: `RuntimeError.unsupportedOperator` if a step of the input is less than Q5.26 can say.
    init(scale: Double, at location: String) throws(RuntimeError) {
        let factor = min(scale * 0x1p26, Double(Int32.max))
        guard factor > 1 else {
            throw RuntimeError(
                .unsupportedOperator, "a softmax of steps of \(scale) is not representable", at: location)
        }
        multiplier = QuantizedMultiplier(factor)
        let radius = 31.0 * 0x1p26 / Double(sign: .plus, exponent: Int(multiplier.left), significand: 1)
        minimumDifference = -Int32(radius.rounded(.down))
    }
}

extension Lowering {
    /// The softmax of the last axis of a quantized tensor, in LiteRT's fixed point.
    mutating func emitQuantizedSoftmax(beta: Float) throws(RuntimeError) {
        let (x, y) = (try input(0), output)
        guard x.type == y.type, let count = x.sizes.last else { throw unsupportedTypes() }
        let (from, to) = (try x.affineScale(), try y.affineScale())
        let step: Float = y.type == .int16 ? 1 / 32768 : 1 / 256
        let zero = y.type == .int16 ? 0 : y.integerRange.lowerBound
        guard abs(to.scale - step) <= 0.001 * step, to.zeroPoint == zero else {
            throw RuntimeError(
                .invalidModel, "the result of a softmax has scale \(to.scale) and zero point \(to.zeroPoint)",
                at: location, remedy: "they must be \(y.type == .int16 ? "1/32768" : "1/256") and \(zero)")
        }
        let operands: [Operand] = [.value(x.id), .value(y.id)]
        if x.type == .int16 {
            let factor = QuantizedMultiplier(Double(from.scale * beta) / (10.0 / 65535.0))
            var parameters = ck_softmax_16()
            parameters.count = count
            (parameters.multiplier, parameters.left, parameters.right) = (factor.multiplier, factor.left, factor.right)
            Lowering.fillSoftmaxTables(&parameters)
            return try emit(
                kernel(.softmax16, "int16"), parameters, operands: operands, units: x.count / count, cost: count * 16)
        }
        let exponential = try ExponentialInput(scale: Double(beta) * Double(from.scale), at: location)
        var parameters = ck_softmax()
        (parameters.count, parameters.stride) = (count, 1)
        parameters.beta = beta
        parameters.flip = x.signedFlip
        (parameters.multiplier, parameters.left) = (exponential.multiplier.multiplier, exponential.multiplier.left)
        parameters.minimum_difference = exponential.minimumDifference
        try emit(kernel(.softmax, "int8"), parameters, operands: operands, units: x.count / count, cost: count * 16)
    }

    /// exp(x) for x in [−10, 0] and 1 / (1 + x) for x in [0, 1], in 1/32768.
    private static func fillSoftmaxTables(_ parameters: inout ck_softmax_16) {
        let outputs = (low: 2.0 / 65535 * -32768, high: 2.0 / 65535 * 32767)
        let exponential = interpolationSteps(inputs: (low: 10.0 / 65535 * -65535, high: 0.0), outputs: outputs) {
            exp($0)
        }
        let reciprocal = interpolationSteps(inputs: (low: 0.0, high: 1.0 / 65535 * 65535), outputs: outputs) {
            1 / (1 + $0)
        }
        withUnsafeMutableBytes(of: &parameters.exponential) { bytes in
            exponential.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
        withUnsafeMutableBytes(of: &parameters.reciprocal) { bytes in
            reciprocal.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
    }

    /// The logarithm of the softmax of the last axis of 8-bit integers, in LiteRT's fixed point.
    mutating func emitQuantizedLogSoftmax() throws(RuntimeError) {
        let (x, y) = (try input(0), output)
        guard x.type == y.type, x.type != .int16, let count = x.sizes.last else { throw unsupportedTypes() }
        let (from, to) = (try x.affineScale(), try y.affineScale())
        guard to.scale == 16 / 256, to.zeroPoint == y.integerRange.upperBound else {
            throw RuntimeError(
                .invalidModel,
                "the result of a logarithm of a softmax has scale \(to.scale) and zero point \(to.zeroPoint)",
                at: location, remedy: "they must be 16/256 and \(y.integerRange.upperBound)")
        }
        let exponential = try ExponentialInput(scale: Double(from.scale), at: location)
        let factor = exponential.multiplier
        let reverse = QuantizedMultiplier(
            Double(sign: .plus, exponent: Int(31 - factor.left), significand: 1) / Double(factor.multiplier))
        let parameters = ck_log_softmax(
            count: count, flip: x.signedFlip, multiplier: factor.multiplier, left: factor.left,
            minimum_difference: exponential.minimumDifference, reverse_multiplier: reverse.multiplier,
            reverse_right: reverse.right)
        try emit(
            kernel(.logSoftmax, "bytes"), parameters, operands: [.value(x.id), .value(y.id)], units: x.count / count,
            cost: count * 16)
    }

    /// The bytes of x on the scale of y, as LiteRT's concatenation of uint8 has them: in single precision, ties away from
    /// zero.
    mutating func rescaledAwayFromZero(_ x: Tensor, to y: Tensor) throws(RuntimeError) -> Operand {
        let (from, to) = (try x.affineScale(), try y.affineScale())
        if from == to { return .value(x.id) }
        let scale = from.scale * (1 / to.scale)
        let offset = Float(-from.zeroPoint) * scale
        let range = y.integerRange
        var parameters = ck_unary()
        parameters.count = x.count
        let table = (0..<256).map { byte in
            let signed = Int32(byte) - 128
            let q = x.type == .uint8 && signed < 0 ? signed + 256 : signed
            let value = (Float(q) * scale + offset).rounded(.toNearestOrAwayFromZero)
            let limited = Int32(max(-0x1p20, min(0x1p20, value))) + to.zeroPoint
            return UInt8(truncatingIfNeeded: max(range.lowerBound, min(range.upperBound, limited)))
        }
        withUnsafeMutableBytes(of: &parameters.table) { $0.copyBytes(from: table) }
        let scratch = addScratch(x.count)
        try emitChunks(kernel(.unary, "int8"), parameters, operands: [.value(x.id), scratch], count: x.count)
        return scratch
    }
}
