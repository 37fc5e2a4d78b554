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

extension Reduce {
    /// The reduction of a quantized tensor as LiteRT computes it.
    ///
    /// - Parameters:
    ///   - kept, reduced: the walk over the axes that stay, and over those that do not.
    func lowerQuantized(kept: AxisRuns, reduced: AxisRuns, into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        let (from, to) = (try x.affineScale(), try y.affineScale())
        var parameters = ck_quantized_reduce()
        parameters.kept_rank = kept.sizes.count + 1
        parameters.kept_sizes = axisTuple(kept.sizes + [kept.inner])
        parameters.kept_strides = axisTuple(kept.strides[0] + [kept.steps[0]])
        parameters.reduced_rank = reduced.sizes.count + 1
        parameters.reduced_sizes = axisTuple(reduced.sizes + [reduced.inner])
        parameters.reduced_strides = axisTuple(reduced.strides[0] + [reduced.steps[0]])
        let count = reduced.outerCount * reduced.inner
        parameters.reduced_count = count
        parameters.input_zero_point = from.zeroPoint
        parameters.y.zero_point = to.zeroPoint
        let operation: ck_quantized_reduction
        switch kind {
        case .mean:
            if lowering.numerics == .xnnpack, x.type != .int16 {
                operation = CK_QUANTIZED_SCALED_SUM
                parameters.factor = from.scale / to.scale / Float(count)
                parameters.offset =
                    Float(to.zeroPoint) - Float(from.zeroPoint) * Float(count) * parameters.factor
            } else {
                operation = CK_QUANTIZED_MEAN
                parameters.y = Reduce.mean(of: count, from, to)
            }
        case .sum:
            // LiteRT's kernel of this name in single precision: the other one is broken.
            operation = CK_QUANTIZED_SUM
            parameters.factor = from.scale / to.scale
            parameters.offset = Float(-from.zeroPoint) * parameters.factor * Float(count)
        case .product where lowering.numerics == .xnnpack && count == 1 && x.byteCount == y.byteCount:
            // LiteRT's optimized kernel copies, whatever the scales.
            return try lowering.forwardInput()
        case .product:
            // Each of as many products as there are factors is scaled.
            operation = CK_QUANTIZED_PRODUCT
            parameters.y = ck_fixed_point(
                Double(from.scale) / pow(Double(to.scale), 1 / Double(count)), zeroPoint: to.zeroPoint)
        case .max, .min:
            operation = kind == .max ? CK_QUANTIZED_MAX : CK_QUANTIZED_MIN
            _ = try lowering.requireSameScale(x, y)
        default:
            throw lowering.unsupportedTypes()
        }
        parameters.operation = Int32(bitPattern: operation.rawValue)
        try lowering.emit(
            lowering.kernel(.quantizedReduce, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            units: y.count, cost: count)
    }

    /// The mean's factor holds the division by the count n: the multiplier is shifted left as far as ⌊log₂ n⌋ and the
    /// type allow, then divided by n.
    private static func mean(of count: Int, _ from: AffineScale, _ to: AffineScale) -> ck_fixed_point {
        let factor = QuantizedMultiplier(Double(from.scale) / Double(to.scale))
        let exponent = factor.left - factor.right
        let count = Int64(max(count, 1))
        let shift = min(Int32(63 - count.leadingZeroBitCount), 32, 31 + exponent)
        let divided = (Int64(factor.multiplier) << Int64(shift)) / count
        return ck_fixed_point(
            QuantizedMultiplier(multiplier: Int32(truncatingIfNeeded: divided), exponent: exponent - shift),
            zeroPoint: to.zeroPoint)
    }
}
