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

// An operator of one quantized operand is a table of its type's values, filled by LiteRT's reference rule.

extension Lowering {
    /// Emits the lookup of operand 0 in a table.
    ///
    /// - Parameter rule: the result of each value of the operand's type.
    mutating func emitQuantizedTable(_ rule: (Int32) -> Int32) throws(RuntimeError) {
        let (x, y) = (try input(0), output)
        guard x.type == y.type else { throw unsupportedTypes() }
        overwritableInputs = [0]
        guard x.type == .int16 else {
            // The table starts at the byte of -128.
            try emitTable(
                (0..<256).map { byte in
                    let signed = Int32(byte) - 128
                    return UInt8(truncatingIfNeeded: rule(x.type == .uint8 && signed < 0 ? signed + 256 : signed))
                })
            return
        }
        let table = try storage.elements(1 << 16, of: Int16.self)
        for q in Int32(-32768)...32767 { table[Int(q) + 32768] = Int16(truncatingIfNeeded: rule(q)) }
        try emitChunks(
            kernel(.table, "int16"), ck_table(count: y.count, table: table),
            operands: [.value(x.id), .value(y.id)], count: y.count)
    }

    /// A table of `function` of real numbers: each byte is dequantized and quantized again, in single precision; of int16
    /// there are 512 steps with lines between them.
    mutating func emitQuantizedFunction(_ function: (Float) -> Float) throws(RuntimeError) {
        let (x, y) = (try input(0), output)
        let (from, to) = (try x.affineScale(), try y.affineScale())
        if x.type == .int16 {
            let steps = interpolationSteps(from, to, function)
            return try emitQuantizedTable { Int32(ck_interpolate(steps, Int16(truncatingIfNeeded: $0))) }
        }
        let inverse = 1 / to.scale
        let (low, high) = (Float(y.integerRange.lowerBound), Float(y.integerRange.upperBound))
        try emitQuantizedTable { q in
            let value = function(from.scale * Float(q - from.zeroPoint))
            let rounded = (value * inverse).rounded(.toNearestOrAwayFromZero) + Float(to.zeroPoint)
            return Int32(rounded > low ? min(rounded, high) : low)
        }
    }

    /// A factor for x above the zero point and another below.
    mutating func emitQuantizedLeakyRelu(slope: Float) throws(RuntimeError) {
        let (from, to) = (try input(0).affineScale(), try output.affineScale())
        let factor = from.scale / to.scale
        if numerics == .xnnpack, try emitXNNPACKRamp(above: factor, below: factor * slope) { return }
        let positive = ck_fixed_point(Double(factor))
        let negative = ck_fixed_point(Double(from.scale * slope / to.scale))
        let range = output.integerRange
        try emitQuantizedTable { q in
            let x = q - from.zeroPoint
            let value = to.zeroPoint &+ (x >= 0 ? positive : negative).apply(to: x)
            return max(range.lowerBound, min(range.upperBound, value))
        }
    }
}

/// LiteRT's table of an int16 function: 512 steps, each moved by half of the error in the middle, and the end of the last.
///
/// - Source: LUTPopulate of LiteRT's kernels.
func interpolationSteps<Real: BinaryFloatingPoint>(
    inputs: (low: Real, high: Real), outputs: (low: Real, high: Real), _ function: (Real) -> Real
) -> [Int16] {
    let step = (inputs.high - inputs.low) / 512
    let inverse = 65536 / (outputs.high - outputs.low)
    func rounded(_ value: Real) -> Real { value.rounded(.toNearestOrAwayFromZero) }
    func limited(_ value: Real) -> Int16 { value > -32768 ? Int16(min(value, 32767)) : -32768 }
    var steps = (0..<512).map { index in
        let start = inputs.low + Real(index) * step
        let value = function(start)
        let sample = rounded(value * inverse)
        let interpolated = rounded((function(inputs.low + Real(index + 1) * step) * inverse + sample) / 2)
        let error = interpolated - rounded(function(start + step / 2) * inverse)
        return limited(sample - rounded(error / 2))
    }
    steps.append(limited(rounded(function(inputs.high) * inverse)))
    return steps
}

private func interpolationSteps(_ x: AffineScale, _ y: AffineScale, _ function: (Float) -> Float) -> [Int16] {
    func range(_ scale: AffineScale) -> (low: Float, high: Float) {
        (scale.scale * Float(-32768 - scale.zeroPoint), scale.scale * Float(32767 - scale.zeroPoint))
    }
    return interpolationSteps(inputs: range(x), outputs: range(y), function)
}

extension Unary {
    /// The operator on a quantized tensor as LiteRT computes it.
    func lowerQuantized(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let (from, to) = (try x.affineScale(), try y.affineScale())
        let range = y.integerRange
        func limited(_ value: Int32) -> Int32 { max(range.lowerBound, min(range.upperBound, value)) }
        switch kind {
        case .relu: try clamp(from, to, lower: 0, upper: nil, &lowering)
        case .relu6: try clamp(from, to, lower: 0, upper: 6, &lowering)
        case .reluN1To1: try clamp(from, to, lower: -1, upper: 1, &lowering)
        case .relu0To1: try clamp(from, to, lower: 0, upper: 1, &lowering)
        case .hardSwish where x.type != .int16: try hardSwish(from, to, &lowering)
        case .logistic, .tanh:
            guard x.type == .int16 else { return try lowering.emitQuantizedFunction(value) }
            let (multiplier, shift) = Unary.sigmoidInput(from.scale, allowsShift: kind == .tanh)
            let function = kind == .tanh ? ck_tanh_16 : ck_logistic_16
            try lowering.emitQuantizedTable { function($0, multiplier, shift) }
        case .elu, .exp: try lowering.emitQuantizedFunction(value)
        case .log:
            let lowest = (Float(range.lowerBound) - Float(to.zeroPoint)) * to.scale
            try lowering.emitQuantizedFunction { $0 <= 0 ? lowest : logf($0) }
        case .rsqrt where x.type == .int16:
            try lowering.emitQuantizedFunction { $0 <= 0 ? 32767 * to.scale : 1 / $0.squareRoot() }
        case .rsqrt:
            let factor = ck_fixed_point(1 / Double(from.scale.squareRoot() * to.scale))
            try lowering.emitQuantizedTable { q in
                guard q > from.zeroPoint else { return range.upperBound }
                return limited(to.zeroPoint &+ Unary.inverseRoot(q - from.zeroPoint, factor))
            }
        case .sqrt:
            try lowering.emitQuantizedTable { q in
                let root = max(0, from.scale * Float(q - from.zeroPoint)).squareRoot() / to.scale
                return limited(Int32(min(root, 0x1p24)) &+ to.zeroPoint)
            }
        case .abs:
            let factor = from.scale == to.scale ? nil : ck_fixed_point(Double(from.scale / to.scale))
            try lowering.emitQuantizedTable { q in
                let magnitude = Swift.abs(q - from.zeroPoint)
                return limited(to.zeroPoint &+ (factor?.apply(to: magnitude) ?? magnitude))
            }
        case .negate:
            // The integers themselves, whatever their scale.
            try lowering.emitQuantizedTable { -$0 }
        default:
            throw lowering.unsupportedTypes()
        }
    }

    private func value(_ x: Float) -> Float { ck_unary_value(Int32(bitPattern: code.rawValue), x) }

    private func clamp(
        _ x: AffineScale, _ y: AffineScale, lower: Float, upper: Float?, _ lowering: inout Lowering
    ) throws(RuntimeError) {
        func bound(_ value: Float) -> Int32 {
            y.zeroPoint + Int32(max(-65536, min(65536, (value / y.scale).rounded(.toNearestOrAwayFromZero))))
        }
        let range = lowering.output.integerRange
        let low = max(range.lowerBound, bound(lower))
        let high = upper.map { min(range.upperBound, bound($0)) } ?? range.upperBound
        let factor = ck_fixed_point(Double(x.scale / y.scale))
        try lowering.emitQuantizedTable { min(high, max(low, y.zeroPoint &+ factor.apply(to: $0 - x.zeroPoint))) }
    }

    /// The factor that takes int16 to 1/(3 · 4096) with the shift behind it. Scales of 2⁻¹², and of 2⁻¹¹ where that is
    /// allowed, need no shift.
    private static func sigmoidInput(_ scale: Float, allowsShift: Bool) -> (multiplier: Int32, shift: Int32) {
        if scale == 0x1p-12 { return (3, 0) }
        if allowsShift, scale == 0x1p-11 { return (6, 0) }
        var multiplier = Double(scale) * 4096 * 3
        var shift: Int32 = 0
        while multiplier <= 32767.0 / 2, shift <= 30 {
            shift += 1
            multiplier *= 2
        }
        return (Int32(min(multiplier, Double(Int32.max))), shift)
    }

    /// 1/√x by Newton's method, then `factor`; 20 bits finer in between.
    private static func inverseRoot(_ x: Int32, _ factor: ck_fixed_point) -> Int32 {
        var (multiplier, shift): (Int32, Int32) = (0, 0)
        ck_inverse_square_root(x, &multiplier, &shift)
        let exponent = 20 - shift
        let root = ck_requantize(1, multiplier, max(exponent, 0), max(-exponent, 0))
        let total = factor.left - factor.right - 20
        return ck_requantize(root, factor.multiplier, max(total, 0), min(max(-total, 0), 31))
    }

    private func hardSwish(_ x: AffineScale, _ y: AffineScale, _ lowering: inout Lowering) throws(RuntimeError) {
        // Inputs are taken 7 bits finer; 3 of the gate's scale is 2¹⁵.
        let fine = Float(1.0 / 128) * x.scale
        let output = HalfMultiplier(Double(fine / y.scale))
        let gate = HalfMultiplier(Double(fine / (3 / 32768)))
        guard output.exponent <= 0, output.exponent >= -31, (-31...31).contains(gate.exponent) else {
            throw RuntimeError(
                .unsupportedOperator, "scales of \(x.scale) and \(y.scale) are too far apart for a hard swish",
                at: lowering.location)
        }
        let lowest = lowering.output.integerRange.lowerBound
        var parameters = ck_hard_swish(
            lowest: lowest, input_zero_point: x.zeroPoint, output_zero_point: y.zeroPoint,
            output_multiplier: output.multiplier, reluish_multiplier: gate.multiplier,
            output_exponent: output.exponent, reluish_exponent: gate.exponent)
        let table = [Int32](unsafeUninitializedCapacity: 256) { table, count in
            ck_hard_swish_table(&parameters, table.baseAddress)
            count = 256
        }
        try lowering.emitQuantizedTable { table[Int($0 - lowest)] }
    }
}

/// A factor as 16 bits and an exponent.
private struct HalfMultiplier {
    var multiplier: Int16
    var exponent: Int32

    init(_ factor: Double) {
        let full = QuantizedMultiplier(factor)
        exponent = full.left - full.right
        // The last bit is the sign's: what would round up to 2¹⁵ is cut to 2¹⁵ − 1.
        multiplier = full.multiplier >= Int32.max - (1 << 15) ? Int16.max : Int16((full.multiplier + (1 << 15)) >> 16)
    }
}
