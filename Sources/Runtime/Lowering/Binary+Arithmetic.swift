import CKernels
import ModelGraph
import Operators

extension Binary {
    /// Plain numbers of any type.
    func lowerPlain(into lowering: inout Lowering) throws(RuntimeError) {
        let y = PlacedTensor(lowering.output)
        if kind == .power, try lowering.input(0).type != lowering.input(1).type {
            return try lowerMixedPower(into: &lowering)
        }
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        guard a.type == y.tensor.type else { throw lowering.unsupportedTypes() }
        let bounds = try activation.clampingBounds(at: lowering.location)
        if kind == .leakyRelu, a.count != y.tensor.count { throw lowering.unsupportedTypes() }
        guard isDefined(for: a.type) else { throw lowering.unsupportedTypes() }
        try lowering.allowOverwriting([0, 1])
        try lowering.emitBinary(
            .arithmetic, code.rawValue, PlacedTensor(a), PlacedTensor(b), to: y, bounds: bounds,
            cost: kind == .power || kind == .arcTangent ? 16 : 1)
        guard !a.type.isFloatingPoint, activation != .none else { return }
        // Whole numbers are clamped in a second step.
        if bounds.lower > -.infinity {
            try lowering.emitBinary(
                .arithmetic, CK_MAXIMUM.rawValue, y, lowering.scalar(bounds.lower, like: y.tensor), to: y)
        }
        if bounds.upper < .infinity {
            try lowering.emitBinary(
                .arithmetic, CK_MINIMUM.rawValue, y, lowering.scalar(bounds.upper, like: y.tensor), to: y)
        }
    }

    private func isDefined(for type: ElementType) -> Bool {
        switch kind {
        case .and, .or, .exclusiveOr: !type.isFloatingPoint
        case .shiftLeft, .shiftRight: type.isInteger
        case .arcTangent: type.isFloatingPoint
        case .maximum, .minimum: true
        default: type != .bool
        }
    }

    /// A power with an exponent of another type: real bases take it as their own type; whole ones with a real exponent go
    /// through double precision.
    private func lowerMixedPower(into lowering: inout Lowering) throws(RuntimeError) {
        let (base, exponent, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        guard base.type == y.type else { throw lowering.unsupportedTypes() }
        let type: ElementType = base.type.isFloatingPoint || !exponent.type.isFloatingPoint ? base.type : .float64
        let a = try lowering.operand(0, as: type)
        let b = try lowering.operand(1, as: type)
        guard type != y.type else {
            return try lowering.emitBinary(.arithmetic, CK_POWER.rawValue, a, b, to: PlacedTensor(y), cost: 16)
        }
        let wide = try y.converted(to: type, at: lowering.location)
        let result = PlacedTensor(wide, at: lowering.addScratch(wide.byteCount))
        try lowering.emitBinary(.arithmetic, CK_POWER.rawValue, a, b, to: result, cost: 16)
        try lowering.emitConversion(of: wide, result.operand, to: y.type, .value(y.id), saturates: false)
    }
}

extension Comparison: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        // LiteRT compares 16 bits as they are, but for equality.
        let isPlain = a.type == .int16 && kind != .equal && kind != .notEqual
        if a.isQuantized, b.isQuantized, !isPlain {
            guard lowering.followsLiteRT else { throw lowering.unsupportedTypes() }
            return try lowering.emitQuantizedComparison(quantizedCode, a, b)
        }
