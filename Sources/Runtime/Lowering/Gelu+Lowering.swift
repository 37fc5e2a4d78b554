import CKernels
import ModelGraph
import Operators

extension Gelu: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let bias = lowering.optionalInput(1)
        var (function, alpha) = (CK_GELU_EXACT, Float(0))
        switch kind {
        case .exact: function = CK_GELU_EXACT
        case .tanh: function = CK_GELU_TANH
        case .logistic(let factor): (function, alpha) = (CK_GELU_LOGISTIC, factor)
        }
        let code = Int32(bitPattern: function.rawValue)
        guard x.type == y.type, bias == nil || bias?.type == x.type else { throw lowering.unsupportedTypes() }
        if x.type == .int8 || x.type == .uint8 {
            guard bias == nil else { throw lowering.unsupportedTypes() }
            let (from, to) = (try x.affineScale(), try y.affineScale())
            guard lowering.numerics != .onnxruntime else {
                return try lowering.emitTable(lowering.table(x, from, y, to) { ck_gelu_value(code, alpha, $0) })
            }
            return try lowering.emitTable(table(x, from, y, to) { ck_gelu_value(code, alpha, $0) })
        }
        guard x.type == .float32 else { throw lowering.unsupportedTypes() }
        if bias == nil { lowering.overwritableInputs = [0] }
        let parameters = ck_gelu(function: code, alpha: alpha, count: y.count, channels: bias?.count ?? 1)
        try lowering.emitChunks(
            lowering.kernel(.gelu, "float32"), parameters,
            operands: [.value(x.id), .value(y.id), bias.map { .value($0.id) } ?? .none], count: y.count, cost: 24)
    }

    /// round(f(real x) · (1 / scale)) + zero point of each byte, in single precision, as LiteRT fills its table.
    private func table(
        _ x: Tensor, _ from: AffineScale, _ y: Tensor, _ to: AffineScale, _ function: (Float) -> Float
    ) -> [UInt8] {
        let inverse = 1 / to.scale
        let (low, high) = (Float(y.byteRange.lowerBound), Float(y.byteRange.upperBound))
        return (0..<256).map { byte in
            // The table starts at the byte of -128.
            let signed = Int32(byte) - 128
            let q = x.type == .uint8 && signed < 0 ? signed + 256 : signed
            let value = function(from.scale * Float(q - from.zeroPoint)) * inverse
            let rounded = value.rounded(.toNearestOrAwayFromZero) + Float(to.zeroPoint)
            let limited = rounded > low ? min(rounded, high) : low
            return UInt8(truncatingIfNeeded: Int32(limited))
        }
    }
}
