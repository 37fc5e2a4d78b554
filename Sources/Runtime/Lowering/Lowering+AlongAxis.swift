import CKernels
import ModelGraph
import Operators

// Operators along one axis. Scales do not change which of two integers is larger.

extension ArgExtremum: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        var wanted = axis ?? 0
        if axis == nil { wanted = try lowering.integers(1, "axes").first ?? 0 }
        let rows = AxisRows(x.sizes, axis: try lowering.axis(wanted, of: x))
        guard let size = y.indexSize, y.type == type || axis == nil else { throw lowering.unsupportedTypes() }
        guard rows.rows > 0, rows.count > 0 else { return }
        let parameters = ck_arg_extremum(
            count: rows.count, stride: rows.stride, index_size: size, is_minimum: kind == .minimum ? 1 : 0,
            selects_last: selectsLast ? 1 : 0)
        try lowering.emit(
            lowering.kernel(.argExtremum, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            units: rows.rows, cost: rows.count)
    }
}

extension Cumulative: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard let wanted = try lowering.integers(1, "axes").first else {
            throw RuntimeError(.invalidModel, "there is no axis", at: lowering.location)
        }
        let rows = AxisRows(x.sizes, axis: try lowering.axis(wanted, of: x))
        guard x.type == y.type, x.holdsPlainNumbers else { throw lowering.unsupportedTypes() }
        guard y.count > 0 else { return }
        let parameters = ck_cumulate(
            count: rows.count, stride: rows.stride, is_product: kind == .product ? 1 : 0,
            is_exclusive: isExclusive ? 1 : 0, is_reversed: isReversed ? 1 : 0)
        try lowering.emit(
            lowering.kernel(.cumulate, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            units: rows.rows, cost: rows.count)
    }
}

extension TopK: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        guard lowering.outputs.count == 2 else {
            throw RuntimeError(.invalidModel, "there are not two results", at: lowering.location)
        }
        let (values, indices) = (lowering.outputs[0], lowering.outputs[1])
        let axis = try lowering.axis(axis, of: x)
        let rows = AxisRows(x.sizes, axis: axis)
        guard x.type == values.type, let size = indices.indexSize else { throw lowering.unsupportedTypes() }
        guard values.count > 0 else { return }
        let parameters = ck_top_k(
            count: rows.count, stride: rows.stride, k: values.sizes[axis], index_size: size,
            is_smallest: selectsSmallest ? 1 : 0)
        try lowering.emit(
            lowering.kernel(.topK, x.type.rawValue), parameters,
            operands: [.value(x.id), .value(values.id), .value(indices.id)], units: rows.rows,
            cost: saturatingProduct(rows.count, 2))
    }
}

extension Tensor {
    /// Bytes of an index; nil for types that hold none.
    fileprivate var indexSize: Int? {
        switch type {
        case .int64: 8
        case .int32: 4
        case .int16, .uint16: 2
        default: nil
        }
    }
}

extension LogSoftmax: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        if x.isQuantized, lowering.followsLiteRT, axis == -1 || axis == x.sizes.count - 1 {
            return try lowering.emitQuantizedLogSoftmax()
        }
        try lowering.emitRows(.logSoftmax, axis: axis, includesInner: includesInnerAxes)
    }
}

extension Hardmax: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.emitRows(.hardmax, axis: axis, includesInner: includesInnerAxes)
    }
}

extension Lowering {
    /// A kernel of the softmax family on real numbers.
    mutating func emitRows(_ family: KernelFamily, axis: Int, includesInner: Bool) throws(RuntimeError) {
        let (x, y) = (try input(0), output)
        guard x.type == y.type else { throw unsupportedTypes() }
        // A scalar is a row of its own.
        let rows =
            x.sizes.isEmpty
            ? AxisRows([1], axis: 0) : AxisRows(x.sizes, axis: try self.axis(axis, of: x), includesInner: includesInner)
        let kernel = try kernel(family, x.type.rawValue)
        guard y.count > 0 else { return }
        var parameters = ck_softmax()
        (parameters.count, parameters.stride, parameters.beta) = (rows.count, rows.stride, 1)
        try emit(
            kernel, parameters, operands: [.value(x.id), .value(y.id)], units: x.count / rows.count,
            cost: saturatingProduct(rows.count, 16))
    }
}
