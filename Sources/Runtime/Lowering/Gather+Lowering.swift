import CKernels
import ModelGraph
import Operators

// Operators that read indices while running: a kernel checks each of them against its axis.

extension Lowering {
    /// Bytes of one index.
    func indexSize(_ indices: Tensor) throws(RuntimeError) -> Int32 {
        switch indices.type {
        case .int16: 2
        case .int32: 4
        case .int64: 8
        default: throw unsupportedTypes()
        }
    }

    /// - Throws: `RuntimeError.unsupportedOperator` if there are more axes than a kernel has room for.
    func requireRank(_ rank: Int) throws(RuntimeError) {
        guard rank <= Int(CK_MAX_RANK) else {
            throw RuntimeError(
                .unsupportedOperator, "more than \(CK_MAX_RANK) axes are not supported", at: location)
        }
    }

    /// Copies all of x, which has the output's shape, to the output.
    mutating func emitWhole(_ x: Tensor) throws(RuntimeError) {
        guard x.count > 0 else { return }
        try emitCopy(from: StridedView(x, strides: [1]), to: StridedView(output, strides: [1]), sizes: [x.count])
    }

    func combination(_ reduction: ScatterReduction, _ type: ElementType) throws(RuntimeError) -> (Int32, Int32) {
        let kind: ck_scatter_reduction =
            switch reduction {
            case .assign: CK_SCATTER_ASSIGN
            case .add: CK_SCATTER_ADD
            case .multiply: CK_SCATTER_MULTIPLY
            case .maximum: CK_SCATTER_MAXIMUM
            case .minimum: CK_SCATTER_MINIMUM
            }
        guard let number = type.numberCode ?? (reduction == .assign ? CK_BOOL : nil) else { throw unsupportedTypes() }
        return (Int32(bitPattern: number.rawValue), Int32(bitPattern: kind.rawValue))
    }
}

extension ElementType {
    /// The kernels' code of a type of numbers that fill whole bytes.
    var numberCode: ck_element? {
        switch self {
        case .float64, .float32, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8,
            .bool:
            kernelCode
        default: nil
        }
    }
}

extension Gather: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, indices, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        let (axis, batch) = try checked(at: lowering.location) { () throws(GraphError) in
            try resolve(x: x.sizes, indices: indices.sizes)
        }
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        var parameters = ck_gather()
        parameters.outer = x.sizes[batch..<axis].reduce(1, *)
        parameters.count = indices.sizes[batch...].reduce(1, *)
        parameters.extent = x.sizes[axis]
        parameters.run = x.strides[axis] * (try lowering.elementSize(x))
        parameters.index_size = try lowering.indexSize(indices)
        parameters.wraps = wrapsNegatives ? 1 : 0
        try lowering.emit(
            lowering.kernel(.gather, "bytes"), parameters,
            operands: [.value(x.id), .value(indices.id), .value(y.id), .status],
            units: y.count / max(1, x.strides[axis]), cost: 4 + parameters.run / 16)
    }
}

extension GatherElements: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, indices, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        let parameters = try lowering.elements(x, indices, axis: axis)
        let rows = parameters.sizes
        let last = withUnsafeBytes(of: rows) { $0.load(fromByteOffset: (x.sizes.count - 1) * 8, as: Int.self) }
        try lowering.emit(
            lowering.kernel(.gatherElements, "bytes"), parameters,
            operands: [.value(x.id), .value(indices.id), .value(y.id), .status], units: y.count / max(1, last),
            cost: saturatingProduct(last, 4))
    }
}

extension ScatterElements: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, indices) = (try lowering.input(0), try lowering.input(1))
        let (updates, y) = (try lowering.input(2), lowering.output)
        var parameters = try lowering.elements(x, indices, axis: axis)
        (parameters.type, parameters.reduction) = try lowering.combination(reduction, x.type)
        try lowering.emitWhole(x)
        guard indices.count > 0 else { return }
        try lowering.emit(
            lowering.kernel(.scatterElements, "bytes"), parameters,
            operands: [.value(indices.id), .value(updates.id), .value(y.id), .status], units: 1,
            cost: saturatingProduct(indices.count, 8))
    }
}

extension Lowering {
    fileprivate func elements(
        _ x: Tensor, _ indices: Tensor, axis: Int
    ) throws(RuntimeError) -> ck_gather_elements {
        try requireRank(x.sizes.count)
        let axis = axis < 0 ? axis + x.sizes.count : axis
        guard x.sizes.indices.contains(axis) else { throw unsupportedTypes() }
        var strides = x.strides
        strides[axis] = 0
        var parameters = ck_gather_elements()
        parameters.rank = x.sizes.count
        parameters.sizes = axisTuple(indices.sizes)
        parameters.x_strides = axisTuple(strides)
        (parameters.axis_stride, parameters.extent) = (x.strides[axis], x.sizes[axis])
        parameters.element_size = try elementSize(x)
        (parameters.index_size, parameters.wraps) = (try indexSize(indices), 1)
        return parameters
    }

    /// Tuples of indices that name parts of `whole` behind its first `batch` axes.
    fileprivate func tuples(
        of indices: Tensor, in whole: Tensor, batch: Int, wraps: Bool
    ) throws(RuntimeError) -> ck_gather_nd {
        let depth = indices.sizes.last ?? 0
        try requireRank(depth)
        let (size, strides) = (try elementSize(whole), whole.strides)
        let axes = batch..<(batch + depth)
        var parameters = ck_gather_nd()
        parameters.depth = depth
        parameters.extents = axisTuple(Array(whole.sizes[axes]))
        parameters.strides = axisTuple(strides[axes].map { $0 * size })
        parameters.batch_stride = batch == 0 ? whole.byteCount : strides[batch - 1] * size
        parameters.run = whole.sizes[axes.upperBound...].reduce(size, *)
        parameters.tuples = indices.sizes[batch...].dropLast().reduce(1, *)
        (parameters.index_size, parameters.wraps) = (try indexSize(indices), wraps ? 1 : 0)
        return parameters
    }
}

extension GatherND: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, indices, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        let parameters = try lowering.tuples(of: indices, in: x, batch: batchDimensions, wraps: wrapsNegatives)
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        try lowering.emit(
            lowering.kernel(.gatherND, "bytes"), parameters,
            operands: [.value(x.id), .value(indices.id), .value(y.id), .status],
            units: y.byteCount / max(1, parameters.run), cost: 8 + parameters.run / 16)
    }
}

extension ScatterND: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let first = startsFromZeros ? 0 : 1
        let (indices, updates) = (try lowering.input(first), try lowering.input(first + 1))
        let y = lowering.output
        var parameters = try lowering.tuples(of: indices, in: y, batch: 0, wraps: !startsFromZeros)
        (parameters.type, parameters.reduction) = try lowering.combination(reduction, y.type)
        if startsFromZeros {
            try lowering.emitFill(y, Array(repeating: 0, count: try lowering.elementSize(y)))
        } else {
            try lowering.emitWhole(try lowering.input(0))
        }
        guard updates.count > 0 else { return }
        try lowering.emit(
            lowering.kernel(.scatterND, "bytes"), parameters,
            operands: [.value(indices.id), .value(updates.id), .value(y.id), .status], units: 1,
            cost: saturatingProduct(updates.count, 4))
    }
}

extension TensorScatter: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, update, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        let starts = lowering.optionalInput(2)
        let axis = axis < 0 ? axis + x.sizes.count : axis
        var parameters = ck_tensor_scatter()
        parameters.outer = x.sizes[1..<axis].reduce(1, *)
        (parameters.length, parameters.extent) = (update.sizes[axis], x.sizes[axis])
        parameters.run = x.strides[axis] * (try lowering.elementSize(x))
        if let starts { parameters.index_size = try lowering.indexSize(starts) }
        parameters.is_circular = isCircular ? 1 : 0
        try lowering.emitWhole(x)
        guard update.count > 0 else { return }
        try lowering.emit(
            lowering.kernel(.tensorScatter, "bytes"), parameters,
            operands: [.value(update.id), starts.map { .value($0.id) } ?? .none, .value(y.id), .status],
            units: update.sizes[...axis].reduce(1, *), cost: 4 + parameters.run / 16)
    }
}

extension DynamicUpdateSlice: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, update) = (try lowering.input(0), try lowering.input(1))
        let (starts, y) = (try lowering.input(2), lowering.output)
        try lowering.emitWhole(x)
        guard update.count > 0 else { return }
        try lowering.requireRank(x.sizes.count)
        guard let last = update.sizes.last else {
            return try lowering.emitCopy(from: StridedView(update), to: StridedView(y), sizes: [])
        }
        var parameters = ck_update_slice()
        parameters.rank = x.sizes.count
        parameters.sizes = axisTuple(update.sizes)
        parameters.extents = axisTuple(x.sizes)
        parameters.strides = axisTuple(x.strides)
        parameters.element_size = try lowering.elementSize(x)
        parameters.index_size = try lowering.indexSize(starts)
        try lowering.emit(
            lowering.kernel(.updateSlice, "bytes"), parameters,
            operands: [.value(update.id), .value(starts.id), .value(y.id)], units: update.count / last, cost: last)
    }
}

extension EmbeddingLookup: Lowerable {
    /// A gather, or one that makes real numbers of scaled integers.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (indices, table, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        let rows = table.sizes[0]
        if y.type == table.type {
            var parameters = ck_gather()
            (parameters.outer, parameters.count, parameters.extent) = (1, indices.count, rows)
            parameters.run = table.strides[0] * (try lowering.elementSize(table))
            parameters.index_size = try lowering.indexSize(indices)
            return try lowering.emit(
                lowering.kernel(.gather, "bytes"), parameters,
                operands: [.value(table.id), .value(indices.id), .value(y.id), .status], units: indices.count,
                cost: 4 + parameters.run / 16)
        }
        guard y.type == .float32, [.int8, .uint8, .int4].contains(table.type) else { throw lowering.unsupportedTypes() }
        guard let quantization = table.quantization, quantization.blockSize == nil,
            quantization.scales.count == 1 || quantization.scales.count == rows && quantization.axis == 0,
            quantization.zeroPoints.allSatisfy({ $0 == 0 })
        else {
            throw RuntimeError(.invalidModel, "there is neither one scale nor one for each row", at: table.description)
        }
        let scales = try lowering.storage.elements(quantization.scales.count, of: Float.self)
        for (index, scale) in quantization.scales.enumerated() { scales[index] = scale }
        var parameters = ck_embedding()
        (parameters.rows, parameters.columns) = (rows, table.strides[0])
        parameters.scales = UnsafePointer(scales)
        parameters.is_per_row = quantization.scales.count == 1 ? 0 : 1
        parameters.bits = table.type == .int4 ? 4 : 8
        parameters.is_unsigned = table.type == .uint8 ? 1 : 0
        parameters.index_size = try lowering.indexSize(indices)
        try lowering.emit(
            lowering.kernel(.embedding, "hybrid"), parameters,
            operands: [.value(table.id), .value(indices.id), .value(y.id), .status], units: indices.count,
            cost: table.strides[0])
    }
}

extension OneHot: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (indices, values, y) = (try lowering.input(0), try lowering.input(2), lowering.output)
        let off = lowering.optionalInput(3)
        let axis = axis < 0 ? axis + y.sizes.count : axis
        guard let type = indices.type.numberCode, indices.type != .bool, values.type == y.type else {
            throw lowering.unsupportedTypes()
        }
        var parameters = ck_one_hot()
        (parameters.depth, parameters.inner) = (y.sizes[axis], y.strides[axis])
        parameters.element_size = try lowering.elementSize(y)
        (parameters.on, parameters.off) = (off == nil ? 1 : 0, 0)
        (parameters.type, parameters.wraps) = (Int32(bitPattern: type.rawValue), off == nil ? 1 : 0)
        try lowering.emit(
            lowering.kernel(.oneHot, "bytes"), parameters,
            operands: [.value(indices.id), .value(values.id), .value((off ?? values).id), .value(y.id)],
            units: y.sizes[..<axis].reduce(1, *), cost: saturatingProduct(parameters.depth, parameters.inner))
    }
}

extension ReverseSequence: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, lengths, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        let step = stepAxis < 0 ? stepAxis + x.sizes.count : stepAxis
        let batch = batchAxis < 0 ? batchAxis + x.sizes.count : batchAxis
        let (first, second) = (min(step, batch), max(step, batch))
        var parameters = ck_reverse_sequence()
        (parameters.first, parameters.second) = (x.sizes[first], x.sizes[second])
        parameters.middle = x.sizes[(first + 1)..<second].reduce(1, *)
        parameters.run = x.strides[second] * (try lowering.elementSize(x))
        parameters.is_step_first = step < batch ? 1 : 0
        parameters.index_size = try lowering.indexSize(lengths)
        try lowering.emit(
            lowering.kernel(.reverseSequence, "bytes"), parameters,
            operands: [.value(x.id), .value(lengths.id), .value(y.id), .status],
            units: x.count / max(1, x.strides[second]), cost: 8 + parameters.run / 16)
    }
}
