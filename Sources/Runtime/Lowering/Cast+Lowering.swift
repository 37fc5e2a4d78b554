import CKernels
import ModelGraph
import Operators

extension Cast: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.emitCast(narrowing) }
}

extension CastLike: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.emitCast(narrowing) }
}

extension BitCast: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.forwardBytes() }
}

extension Lowering {
    /// The output is operand 0 in its own type.
    mutating func emitCast(_ narrowing: Narrowing) throws(RuntimeError) {
        let (x, y) = (try input(0), output)
        if x.type == y.type { return try forwardBytes() }
        let rounding: Int32 =
            switch narrowing.rounding {
            case .up: 0
            case .down: 1
            case .nearest: 2
            }
        try emitConversion(
            of: x, .value(x.id), to: y.type, .value(y.id),
            saturates: y.type.isInteger ? narrowing.saturatesIntegers : narrowing.saturatesFloats, rounding: rounding)
    }

    /// The output has operand 0's bytes.
    mutating func forwardBytes() throws(RuntimeError) {
        var (x, y) = (try input(0), output)
        guard x.byteCount == y.byteCount else { throw unsupportedTypes() }
        forwardsInput = true
        (x.type, y.type) = (.uint8, .uint8)
        try emitCopy(
            from: StridedView(x, strides: [1]), to: StridedView(y, strides: [1]), sizes: [x.byteCount])
    }
}
