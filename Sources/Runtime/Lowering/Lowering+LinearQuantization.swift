import CKernels
import ModelGraph
import Operators

// Quantization whose parameters are operands: everything goes through single precision, and the conversion between types
// does the rest.

extension QuantizeLinear: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let y = lowering.output
        guard y.type == type, y.type.isInteger || y.type.isFloatingPoint else { throw lowering.unsupportedTypes() }
        var parameters = try placement.parameters(lowering)
        if let range = y.type.wholeRange {
            parameters.is_integer = 1
            (parameters.low, parameters.high) = (Float(range.lowerBound), Float(range.upperBound))
        } else if y.type.isInteger {
            throw lowering.unsupportedTypes()
        }
        let whole = try y.converted(to: .float32, at: lowering.location)
        let target = lowering.addScratch(whole.byteCount)
        try lowering.emitScaled(.quantizeLinear, parameters, to: target, count: y.count)
        try lowering.emitConversion(of: whole, target, to: y.type, .value(y.id), saturates: saturates)
    }
}

extension DequantizeLinear: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let y = lowering.output
        let parameters = try placement.parameters(lowering)
        if y.type == .float32 {
            return try lowering.emitScaled(.dequantizeLinear, parameters, to: .value(y.id), count: y.count)
        }
        let real = try y.converted(to: .float32, at: lowering.location)
        let target = lowering.addScratch(real.byteCount)
        try lowering.emitScaled(.dequantizeLinear, parameters, to: target, count: y.count)
        try lowering.emitConversion(of: real, target, to: y.type, .value(y.id))
    }
}

extension ScalePlacement {
    fileprivate func parameters(_ lowering: Lowering) throws(RuntimeError) -> ck_scaled {
        let (x, scales) = (try lowering.input(0), try lowering.input(1))
        let layout = try checked(at: lowering.location) { () throws(GraphError) in
            try self.layout(x: x.sizes, scales: scales.sizes)
        }
        var parameters = ck_scaled()
        parameters.count = x.count
        (parameters.inner, parameters.extent) = (max(layout.inner, 1), max(layout.extent, 1))
        (parameters.block, parameters.blocks) = (max(blockSize, 0), layout.blocks)
        return parameters
    }
}

extension Lowering {
    /// Whether a quantization goes through `emitHeldScales`: types and placements that other kernels do not have.
    func needsGeneralScales(_ tensor: Tensor) -> Bool {
        switch tensor.type {
        case .int8, .uint8: numerics == .onnxruntime && (tensor.quantization?.scales.count ?? 1) != 1
        case .int16: numerics == .onnxruntime
        case .uint16, .int4, .uint4, .int2, .uint2: true
        default: false
        }
    }

    /// Between real numbers and the integers of a tensor that holds its own scales.
    mutating func emitHeldScales(of integers: Tensor, quantizes: Bool) throws(RuntimeError) {
        guard let quantization = integers.quantization, !quantization.scales.isEmpty,
            quantization.scales.count == quantization.zeroPoints.count, quantization.blockSize == nil,
            let range = integers.type.wholeRange
        else { throw unsupportedTypes() }
        for scale in quantization.scales where !(scale.isFinite && scale > 0) {
            throw RuntimeError(.invalidModel, "the scale \(scale) is not a positive number", at: integers.description)
        }
        for zero in quantization.zeroPoints where !range.contains(Int(zero)) {
            throw RuntimeError(
                .invalidModel, "the zero point \(zero) is no value of \(integers.type)", at: integers.description)
        }
        var parameters = ck_scaled()
        parameters.count = integers.count
        (parameters.inner, parameters.extent, parameters.blocks) = (1, 1, 1)
        if quantization.scales.count > 1 {
            guard let axis = quantization.axis, integers.sizes.indices.contains(axis),
                integers.sizes[axis] == quantization.scales.count
            else {
                throw RuntimeError(
                    .invalidModel, "\(quantization.scales.count) scales for shape \(Shape(integers.sizes))",
                    at: integers.description)
            }
            (parameters.inner, parameters.extent) = (integers.strides[axis], integers.sizes[axis])
        }
        parameters.is_integer = 1
        (parameters.low, parameters.high) = (Float(range.lowerBound), Float(range.upperBound))
        let scales = Operand.constant(UnsafeRawPointer(try storage.copy(TensorData(quantization.scales))))
        let zeros = Operand.constant(
            UnsafeRawPointer(try storage.copy(TensorData(quantization.zeroPoints.map { Float($0) }))))
        let x = try operand(0, as: .float32)
        let y = output
        var (target, real) = (Operand.value(y.id), y)
        if y.type != .float32 {
            real = try y.converted(to: .float32, at: location)
            target = addScratch(real.byteCount)
        }
        try emitChunks(
            kernel(quantizes ? .quantizeLinear : .dequantizeLinear, "float32"), parameters,
            operands: [x.operand, scales, zeros, target], count: integers.count, cost: 4)
        if y.type != .float32 { try emitConversion(of: real, target, to: y.type, .value(y.id)) }
    }

    fileprivate mutating func emitScaled(
        _ family: KernelFamily, _ parameters: ck_scaled, to target: Operand, count: Int
    ) throws(RuntimeError) {
        let (x, scales) = (try operand(0, as: .float32), try operand(1, as: .float32))
        var zero = Operand.none
        if optionalInput(2) != nil { zero = try operand(2, as: .float32).operand }
        try emitChunks(
            kernel(family, "float32"), parameters, operands: [x.operand, scales.operand, zero, target], count: count,
            cost: 4)
    }
}

extension ElementType {
    /// The numbers of an integer type of at most 16 bits.
    fileprivate var wholeRange: ClosedRange<Int>? {
        switch self {
        case .int16: -32768...32767
        case .int8: -128...127
        case .int4: -8...7
        case .int2: -2...1
        case .uint16: 0...65535
        case .uint8: 0...255
        case .uint4: 0...15
        case .uint2: 0...3
        default: nil
        }
    }
}
