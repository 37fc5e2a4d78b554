import CKernels
import ModelGraph
import Operators

extension Quantize: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        if x.type.isFloatingPoint, lowering.needsGeneralScales(y) {
            return try lowering.emitHeldScales(of: y, quantizes: true)
        }
        guard [.float32, .int8, .uint8, .int16, .int32].contains(x.type),
            [.int8, .uint8, .int16, .int32].contains(y.type)
        else {
            throw lowering.unsupportedTypes()
        }
        let isSingle = lowering.numerics == .onnxruntime
        if isSingle, x.type != .float32 {
            let (from, to) = (try x.affineScale(), try y.affineScale())
            return try lowering.emitTable(lowering.table(x, from, y, to) { $0 })
        }
        let to = try y.affineScale()
        var parameters = ck_quantize()
        if x.type == .float32 {
            parameters = try lowering.quantization(of: y)
        } else {
            (parameters.scale, parameters.zero_point) = (to.scale, to.zeroPoint)
            (parameters.minimum, parameters.maximum) =
                y.type == .int32 ? (.min, .max) : (y.integerRange.lowerBound, y.integerRange.upperBound)
        }
        parameters.count = y.count
        if lowering.numerics == .xnnpack, x.type == y.type, x.isQuantized {
            let factor = try x.affineScale().scale / to.scale
            if try lowering.emitXNNPACKRamp(above: factor, below: factor) { return }
        }
        if x.type != .float32 {
            let from = try x.affineScale()
            let factor = QuantizedMultiplier(Double(from.scale) / Double(to.scale))
            parameters.input_zero_point = from.zeroPoint
            (parameters.multiplier, parameters.left, parameters.right) = (factor.multiplier, factor.left, factor.right)
            let isByte = [.int8, .uint8].contains(x.type) && [.int8, .uint8].contains(y.type)
            if lowering.numerics == .xnnpack, isByte { parameters.rounded_up = y.count / 16 * 16 }
            lowering.overwritableInputs = [0]
        }
        try lowering.emitChunks(
            lowering.kernel(.quantize, "\(x.type.rawValue)_to_\(y.type.rawValue)"), parameters,
            operands: [.value(x.id), .value(y.id)], count: y.count, cost: 4)
    }
}

extension Dequantize: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        if y.type.isFloatingPoint, x.type != .int8, x.type != .int16, lowering.needsGeneralScales(x) {
            return try lowering.emitHeldScales(of: x, quantizes: false)
        }
        guard y.type == .float32 else { throw lowering.unsupportedTypes() }
        var parameters = ck_dequantize()
        parameters.count = y.count
        (parameters.channels, parameters.inner) = (1, 1)
        if x.type != .float16 {
            guard let quantization = x.quantization, quantization.blockSize == nil, !quantization.scales.isEmpty,
                quantization.scales.count == quantization.zeroPoints.count
            else {
                throw RuntimeError(.invalidModel, "there is no scale and zero point", at: x.description)
            }
            try Tensor.check(quantization, in: x.type, at: x.description)
            let scales = try lowering.storage.elements(quantization.scales.count, of: Float.self)
            let zeroPoints = try lowering.storage.elements(quantization.scales.count, of: Int32.self)
            for (index, scale) in quantization.scales.enumerated() {
                scales[index] = scale
                zeroPoints[index] = Int32(quantization.zeroPoints[index])
            }
            (parameters.scales, parameters.zero_points) = (UnsafePointer(scales), UnsafePointer(zeroPoints))
            if quantization.scales.count > 1 {
                guard let axis = quantization.axis, x.sizes.indices.contains(axis),
                    x.sizes[axis] == quantization.scales.count
                else {
                    throw RuntimeError(
                        .invalidModel, "\(quantization.scales.count) scales for shape \(Shape(x.sizes))",
                        at: x.description)
                }
                (parameters.channels, parameters.inner) = (x.sizes[axis], x.strides[axis])
            }
        }
        try lowering.emitChunks(
            lowering.kernel(.dequantize, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            count: y.count, cost: 2)
    }
}

extension Lowering {
    /// How real numbers become the integers of a tensor.
    func quantization(of y: Tensor) throws(RuntimeError) -> ck_quantize {
        let to = try y.affineScale()
        var parameters = ck_quantize()
        (parameters.scale, parameters.zero_point) = (to.scale, to.zeroPoint)
        (parameters.minimum, parameters.maximum) =
            y.type == .int32 ? (.min, .max) : (y.integerRange.lowerBound, y.integerRange.upperBound)
        switch numerics {
        case .reference: parameters.rounds_to_even = 0
        case .onnxruntime: parameters.rounds_to_even = 1
        case .xnnpack: (parameters.rounds_to_even, parameters.scale) = (2, 1 / to.scale)
        }
        return parameters
    }

    /// The result of each byte: dequantized, put through `function`, quantized again, ties to even.
    func table(
        _ x: Tensor, _ from: AffineScale, _ y: Tensor, _ to: AffineScale, _ function: (Float) -> Float
    ) -> [UInt8] {
        let (low, high) = (Float(y.byteRange.lowerBound - to.zeroPoint), Float(y.byteRange.upperBound - to.zeroPoint))
        return (0..<256).map { byte in
            // The table starts at the byte of -128.
            let signed = Int32(byte) - 128
            let q = x.type == .uint8 && signed < 0 ? signed + 256 : signed
            let value = function(Float(q - from.zeroPoint) * from.scale) / to.scale
            let limited = value > low ? min(value, high) : low
            return UInt8(truncatingIfNeeded: Int32(limited.rounded(.toNearestOrEven)) + to.zeroPoint)
        }
    }

    /// Replaces each byte of operand 0.
    mutating func emitTable(_ table: [UInt8]) throws(RuntimeError) {
        let x = try input(0)
        overwritableInputs = [0]
        try emitTable(table, replacing: x)
    }

    /// Replaces each byte of a tensor that has been computed by then, which may be the output itself.
    mutating func emitTable(_ table: [UInt8], replacing x: Tensor) throws(RuntimeError) {
        var parameters = ck_unary()
        parameters.count = output.count
        withUnsafeMutableBytes(of: &parameters.table) { $0.copyBytes(from: table) }
        try emitChunks(
            kernel(.unary, "int8"), parameters, operands: [.value(x.id), .value(output.id)], count: output.count)
    }
}
