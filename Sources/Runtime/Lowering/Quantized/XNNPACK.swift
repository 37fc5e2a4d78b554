import CKernels
import ModelGraph
import Operators

// What XNNPACK, to which LiteRT gives most of a model by default on x86, computes in another way than LiteRT's own
// kernels. Each returns whether XNNPACK takes the operator: scales outside of its limits are left to LiteRT.
//
// Source of the formulas: XNNPACK's parameters and scalar kernels, checked with Scripts/check-operators --numerics xnnpack.

enum XNNPACK {
    /// Whether accumulators can be scaled by these factors, one for each channel.
    static func takes(_ factors: [Float]) -> Bool { factors.allSatisfy { $0 < 256 } }
}

extension AffineScale {
    /// As `bounds`, with the ends rounded to even as XNNPACK does.
    func evenBounds(
        of activation: Activation, in range: ClosedRange<Int32>, at location: String
    ) throws(RuntimeError) -> (lower: Int32, upper: Int32) {
        let bounds = try activation.clampingBounds(at: location)
        func quantized(_ bound: Float) -> Int32 {
            if bound == -.infinity { return range.lowerBound }
            if bound == .infinity { return range.upperBound }
            let steps = (bound / scale).rounded(.toNearestOrEven)
            return max(range.lowerBound, min(range.upperBound, zeroPoint + Int32(max(-65536, min(65536, steps)))))
        }
        return (quantized(bounds.lower), quantized(bounds.upper))
    }
}

extension Binary {
    /// Sums as weighted by integers of 21 bits, and products scaled in single precision.
    func lowerXNNPACK(into lowering: inout Lowering) throws(RuntimeError) -> Bool {
        let (a, b, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        guard a.type != .int16, y.sizes.count <= 6 else { return false }
        let (left, right, to) = (try a.affineScale(), try b.affineScale(), try y.affineScale())
        var parameters = ck_quantized_binary()
        parameters.a.zero_point = left.zeroPoint
        parameters.b.zero_point = right.zeroPoint
        parameters.y.zero_point = to.zeroPoint
        (parameters.minimum, parameters.maximum) = try to.evenBounds(
            of: activation, in: y.integerRange, at: lowering.location)
        switch kind {
        case .add, .subtract:
            let factors = (a: left.scale / to.scale, b: right.scale / to.scale)
            let limits: Range<Float> = 0x1p-10..<0x1p8
            guard limits.contains(factors.a), limits.contains(factors.b) else { return false }
            let shift = 20 - Int32(max(factors.a, factors.b).exponent)
            func multiplier(_ factor: Float) -> Int32 {
                Int32((factor * Float(sign: .plus, exponent: Int(shift), significand: 1)).rounded(.toNearestOrEven))
            }
            parameters.shift = shift
            parameters.a.multiplier = multiplier(factors.a)
            parameters.b.multiplier = multiplier(factors.b) * (kind == .subtract ? -1 : 1)
            parameters.offset =
                (1 << (shift - 1)) &- parameters.a.multiplier &* left.zeroPoint
                &- parameters.b.multiplier &* right.zeroPoint
            try lowering.emitQuantized(CK_QUANTIZED_WEIGHTED_SUM, a, b, parameters)
        case .multiply:
            parameters.factor = left.scale * right.scale / to.scale
            guard (0x1p-16..<0x1p8).contains(parameters.factor) else { return false }
            try lowering.emitQuantized(CK_QUANTIZED_SCALED_PRODUCT, a, b, parameters)
        default:
            return false
        }
        return true
    }
}

extension Lowering {
    /// Differences to the zero point times a factor in 1/256, another one below the zero point.
    mutating func emitXNNPACKRamp(above: Float, below: Float) throws(RuntimeError) -> Bool {
        let (x, y) = (try input(0), output)
        let (from, to) = (try x.affineScale(), try y.affineScale())
        guard x.type == y.type, x.type != .int16, (0x1p-8...0x1p7).contains(above), below <= 0x1p7,
            below >= -127.99609375, abs(below) >= 0x1p-8
        else { return false }
        let positive = Int32((256 * above).rounded(.toNearestOrEven))
        let negative = Int32((256 * below).rounded(.toNearestOrEven))
        let range = y.integerRange
        try emitQuantizedTable { q in
            let x = q - from.zeroPoint
            let value = (x * (x >= 0 ? positive : negative) + 128) >> 8
            return max(range.lowerBound, min(range.upperBound, value + to.zeroPoint))
        }
        return true
    }

    /// A bilinear resize of bytes with weights of 11 bits.
    mutating func emitXNNPACKResize(
        _ x: Tensor, alignsCorners: Bool, usesHalfPixelCenters: Bool
    ) throws(RuntimeError) {
        let y = output
        func positions(_ size: Int, _ count: Int) throws(RuntimeError) -> UnsafePointer<ck_resize_position> {
            let positions = try storage.elements(count, of: ck_resize_position.self)
            let less = alignsCorners && count != 1 ? 1 : 0
            let scale = Float(size - less) / Float(count - less)
            let last = size - 1
            for index in 0..<count {
                var at = Float(index) * scale
                if !alignsCorners, usesHalfPixelCenters {
                    at = max(0, min(Float(last), at + (0.5 * scale - 0.5)))
                }
                let low = min(Int(at), last)
                positions[index] = ck_resize_position(
                    low: Int32(low), high: Int32(min(low + 1, last)),
                    weight: Int32(((at - Float(low)) * 2048).rounded(.toNearestOrEven)))
            }
            return UnsafePointer(positions)
        }
        let parameters = ck_resize_fixed(
            input_height: x.sizes[1], input_width: x.sizes[2], output_height: y.sizes[1], output_width: y.sizes[2],
            channels: x.sizes[3], rows: try positions(x.sizes[1], y.sizes[1]),
            columns: try positions(x.sizes[2], y.sizes[2]), flip: x.signedFlip)
        try emit(
            kernel(.resizeFixed, "bytes"), parameters, operands: [.value(x.id), .value(y.id)],
            units: y.sizes[0] * y.sizes[1], cost: y.sizes[2] * y.sizes[3] * 8)
    }
}
