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
            try layout(x: x.sizes, scales: scales.sizes)
        }
        var parameters = ck_scaled()
        parameters.count = x.count
        (parameters.inner, parameters.extent) = (max(layout.inner, 1), max(layout.extent, 1))
        (parameters.block, parameters.blocks) = (max(blockSize, 0), layout.blocks)
        return parameters
    }
}

extension Lowering {
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
