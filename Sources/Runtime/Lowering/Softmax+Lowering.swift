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

extension Softmax: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        if x.type == .float64 || x.count == 0, beta == 1 {
            return try lowering.emitRows(.softmax, axis: axis, includesInner: includesInnerAxes)
        }
        let rank = x.sizes.count
        let axis = axis < 0 ? axis + rank : axis
        let isAffine = lowering.numerics == .onnxruntime && (x.type == .int8 || x.type == .uint8)
        guard x.sizes.indices.contains(axis), isAffine || axis == rank - 1 || x.type == .float32 || includesInnerAxes
        else {
            throw RuntimeError(
                .unsupportedOperator, "only a softmax along the last axis is supported", at: lowering.location)
        }
        let stride = includesInnerAxes ? 1 : x.strides[axis]
        let count = x.sizes[axis] * x.strides[axis] / stride
        if isAffine {
            return try lowerBytes(
                count: count, stride: stride, isSigned: x.type == .int8 && !lowering.countsAsUnsigned, into: &lowering)
        }
        if x.isQuantized, axis == rank - 1 { return try lowering.emitQuantizedSoftmax(beta: beta) }
        guard x.type == y.type, x.type == .float32 else { throw lowering.unsupportedTypes() }
        var parameters = ck_softmax()
        (parameters.count, parameters.stride) = (count, stride)
        parameters.beta = beta
        let isMLAS = lowering.numerics == .onnxruntime && x.type == .float32
        try lowering.emit(
            lowering.kernel(.softmax, isMLAS ? "mlas" : x.type.rawValue), parameters,
            operands: [.value(x.id), .value(y.id)],
            units: x.count / count, cost: count * 16)
    }

    /// Exponentials from a table of single precision numbers, as large as a sum of `count` of them allows.
    private func lowerBytes(
        count: Int, stride: Int, isSigned: Bool, into lowering: inout Lowering
    ) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == y.type, beta == 1 else { throw lowering.unsupportedTypes() }
        let (from, to) = (try x.unsignedScale(), try y.unsignedScale())
        var parameters = ck_affine_softmax()
        (parameters.count, parameters.stride) = (count, stride)
        parameters.flip = x.unsignedFlip
        parameters.is_signed = isSigned ? 1 : 0
        parameters.zero_point = to.zeroPoint
        parameters.inverse_scale = (1 / to.scale).rounded(.down)
        let scale = Double(from.scale)
        let shift = max(0, Double(logf(Float.greatestFiniteMagnitude / Float(count))) - 5) / scale
        withUnsafeMutableBytes(of: &parameters.table) { bytes in
            let table = bytes.bindMemory(to: Float.self)
            for index in table.indices { table[index] = Float(exp((Double(index) - 255 + shift) * scale)) }
        }
        try lowering.emit(
            lowering.kernel(.affineSoftmax, "bytes"), parameters, operands: [.value(x.id), .value(y.id)],
            units: x.count / count, cost: count * 4)
    }
}
