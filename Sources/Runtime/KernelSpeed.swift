import CKernels

extension ck_kernel {
    /// About how long one of the operations takes that `KernelCall.cost` counts, in picoseconds, on one core of a
    /// processor of some 4 GHz: what whole models take here, rounded.
    ///
    /// It only decides what is worth sharing between threads, and may be wrong by a factor of two.
    var picosecondsPerOperation: Int {
        switch KernelFamily(rawValue: String(cString: family)) {
        case .conv, .depthwise, .gatedUnit, .recurrent:
            isInteger ? byInstructionSet(3, 8, 60) : byInstructionSet(10, 20, 80)
        // Weights are read once for each of them.
        case .fullyConnected: isInteger ? byInstructionSet(8, 12, 60) : byInstructionSet(20, 25, 80)
        case .matmul, .matrixProduct, .attention, .linearAttention: 60
        case .integerConv, .integerMatmul, .windowConv: 300
        case .copy, .fill, .updateSlice: 60
        // Of eight bytes.
        case .padRows: 200
        case .affineBinary, .affinePool, .averagePool, .maxPool, .quantizedBinary, .binary, .unary, .quantize,
            .dequantize, .table, .resizeBilinear, .resizeFixed:
            byInstructionSet(40, 80, 300)
        case .quantizedReduce: byInstructionSet(5, 200, 500)
        default: byInstructionSet(200, 200, 500)
        }
    }

    /// Whether the arithmetic is that of bytes, whatever its operands are.
    var isInteger: Bool { !String(cString: type).hasPrefix("float") && !String(cString: type).hasPrefix("double") }

    private func byInstructionSet(_ vnni: Int, _ vectors: Int, _ portable: Int) -> Int {
        switch isa {
        case CK_ISA_AVX512: vnni
        case CK_ISA_AVX2, CK_ISA_AVX_VNNI, CK_ISA_NEON_DOT, CK_ISA_NEON_I8MM: vectors
        default: portable
        }
    }
}
