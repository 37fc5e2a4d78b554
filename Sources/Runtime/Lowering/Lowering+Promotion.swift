import CKernels
import ModelGraph
import Operators

// Half-precision numbers are stored, and single-precision ones computed with: an operator without kernels of its own for
// float16 or bfloat16 runs on float32 copies, and its results are rounded, once, to nearest with ties to even. That is
// what engines do on processors without arithmetic of half precision.

extension ElementType {
    /// Whether values of the type are computed with in single precision.
    var isHalf: Bool { self == .float16 || self == .bfloat16 }

    /// The kernels' name of the type; nil for those that no kernel handles.
    var kernelCode: ck_element? {
        switch self {
        case .float64: CK_FLOAT64
        case .float32: CK_FLOAT32
        case .float16: CK_FLOAT16
        case .bfloat16: CK_BFLOAT16
        case .float8E4M3FN: CK_FLOAT8_E4M3FN
        case .float8E4M3FNUZ: CK_FLOAT8_E4M3FNUZ
        case .float8E5M2: CK_FLOAT8_E5M2
        case .float8E5M2FNUZ: CK_FLOAT8_E5M2FNUZ
        case .float8E8M0: CK_FLOAT8_E8M0
        case .float4E2M1: CK_FLOAT4_E2M1
        case .int64: CK_INT64
        case .int32: CK_INT32
        case .int16: CK_INT16
        case .int8: CK_INT8
        case .int4: CK_INT4
        case .int2: CK_INT2
        case .uint64: CK_UINT64
        case .uint32: CK_UINT32
        case .uint16: CK_UINT16
        case .uint8: CK_UINT8
        case .uint4: CK_UINT4
        case .uint2: CK_UINT2
        case .bool: CK_BOOL
        case .string, .complex64, .complex128, .resource, .variant: nil
        }
    }
}

extension Lowering {
    /// Lowers an operator, in single precision if it has no kernel for half-precision operands or results.
    mutating func lower(_ operation: any Lowerable) throws(RuntimeError) {
        let untouched = self
        do throws(RuntimeError) {
            try operation.lower(into: &self)
        } catch {
            let isHalf = (inputs.compactMap { $0 } + outputs).contains { $0.type.isHalf }
            guard error.code == .unsupportedType, isHalf else { throw error }
            self = untouched
            try lowerWidened(operation)
        }
    }

    private mutating func lowerWidened(_ operation: any Lowerable) throws(RuntimeError) {
        let (operands, results) = (inputs, outputs)
        // Copies have names that no value of the graph has.
        var places: [Int: Operand] = [:]
        func named(_ number: Int) -> ValueID { ValueID(index: -1 - number) }

        for (index, operand) in operands.enumerated() {
            guard let operand, operand.type.isHalf else { continue }
            var wide = try operand.converted(to: .float32, at: location)
            wide.id = named(index)
            inputs[index] = wide
            if wide.constant == nil {
                let scratch = addScratch(wide.byteCount)
                places[wide.id.index] = scratch
                try emitConversion(of: operand, .value(operand.id), to: .float32, scratch)
            }
        }
        for (index, result) in results.enumerated() where result.type.isHalf {
            outputs[index] = try result.converted(to: .float32, at: location)
            outputs[index].id = named(operands.count + index)
            places[outputs[index].id.index] = addScratch(outputs[index].byteCount)
        }
        let first = calls.count
        try operation.lower(into: &self)
        for call in calls.indices.dropFirst(first) {
            for index in calls[call].operands.indices {
                guard case .value(let value) = calls[call].operands[index] else { continue }
                let number = -1 - value.index
                if places[value.index] == nil, operands.indices.contains(number), let data = inputs[number]?.constant {
                    // A constant is copied only if a kernel reads it as it is.
                    places[value.index] = .constant(UnsafeRawPointer(try storage.copy(data)))
                }
                if let place = places[value.index] { calls[call].operands[index] = place }
            }
        }
        for (result, wide) in zip(results, outputs) where result.id != wide.id {
            if let place = places[wide.id.index] {
                try emitConversion(of: wide, place, to: result.type, .value(result.id))
            }
        }
        (inputs, outputs) = (operands, results)
        (forwardsInput, overwritableInputs) = (false, [])
    }

    /// Converts all elements of a tensor.
    ///
    /// - Parameters:
    ///   - saturates: whether what lies beyond the result's range becomes the end of it.
    ///   - rounding: of a result that is an exponent alone: 0 up, 1 down, 2 to nearest.
    mutating func emitConversion(
        of tensor: Tensor, _ source: Operand, to type: ElementType, _ target: Operand, saturates: Bool = true,
        rounding: Int32 = 0
    ) throws(RuntimeError) {
        guard let from = tensor.type.kernelCode, let to = type.kernelCode else { throw unsupportedTypes() }
        let parameters = ck_convert(
            count: tensor.count, from: Int32(bitPattern: from.rawValue), to: Int32(bitPattern: to.rawValue),
            saturates: saturates ? 1 : 0, rounding: rounding)
        try emitChunks(kernel(.convert, "any"), parameters, operands: [source, target], count: tensor.count, cost: 2)
    }
}

extension Tensor {
    /// The tensor as one of another type, a constant with its elements.
    func converted(to type: ElementType, at location: String) throws(RuntimeError) -> Tensor {
        var result = self
        guard let bytes = type.byteCount(of: count), let from = self.type.kernelCode, let to = type.kernelCode,
            let kernel = ck_find_kernel(KernelFamily.convert.rawValue, "any", CK_ISA_PORTABLE)
        else {
            throw RuntimeError(.unsupportedType, "there is no conversion from \(self.type) to \(type)", at: location)
        }
        (result.type, result.byteCount, result.quantization) = (type, bytes, nil)
        guard let constant else { return result }
        guard bytes <= MemoryLimit.byteCount else {
            throw RuntimeError(.outOfMemory, "\(bytes) bytes of memory are not to be had", at: description)
        }
        var parameters = ck_convert(
            count: count, from: Int32(bitPattern: from.rawValue), to: Int32(bitPattern: to.rawValue), saturates: 1,
            rounding: 0)
        let units = (count + Int(CK_CHUNK) - 1) / Int(CK_CHUNK)
        result.constant = TensorData(
            bytes: [UInt8](unsafeUninitializedCapacity: bytes) { target, initialized in
                constant.withUnsafeBytes { source in
                    var buffers: [UnsafeMutableRawPointer?] = [
                        UnsafeMutableRawPointer(mutating: source.baseAddress),
                        UnsafeMutableRawPointer(target.baseAddress),
                    ]
                    kernel.pointee.function(&parameters, &buffers, 0, units)
                }
                initialized = bytes
            })
        return result
    }
}
