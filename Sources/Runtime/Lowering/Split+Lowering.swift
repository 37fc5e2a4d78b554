import CKernels
import ModelGraph
import Operators

// Operators that only move elements, with places known before running.

extension Tile: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        _ = try lowering.constant(1, "repetitions")
        // Each axis becomes two: the repetitions, and the elements.
        var (sizes, from, to) = ([Int](), [Int](), [Int]())
        let (strides, dense) = (x.strides, y.strides)
        for axis in x.sizes.indices {
            sizes += [y.sizes[axis] / max(1, x.sizes[axis]), x.sizes[axis]]
            from += [0, strides[axis]]
            to += [dense[axis] * x.sizes[axis], dense[axis]]
        }
        try lowering.emitCopy(from: StridedView(x, strides: from), to: StridedView(y, strides: to), sizes: sizes)
    }
}

extension Expand: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        try lowering.emitCopy(
            from: StridedView(x, strides: Binary.broadcastStrides(x, to: y.sizes)), to: StridedView(y), sizes: y.sizes)
    }
}

extension Fill: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (value, y) = (try lowering.input(1), lowering.output)
        try lowering.emitCopy(
            from: StridedView(value, strides: y.sizes.map { _ in 0 }), to: StridedView(y), sizes: y.sizes)
    }
}

extension Reverse: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        var strides = x.strides
        var offset = 0
        for axis in Set(try lowering.integers(1, "axes").map({ $0 < 0 ? $0 + x.sizes.count : $0 })).sorted() {
            guard x.sizes.indices.contains(axis) else { throw lowering.unsupportedTypes() }
            offset += (x.sizes[axis] - 1) * strides[axis]
            strides[axis] = -strides[axis]
        }
        try lowering.emitCopy(
            from: StridedView(x, offset: offset, strides: strides), to: StridedView(y), sizes: x.sizes)
    }
}

extension Split: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(operandIndex)
        for index in lowering.inputs.indices where index != operandIndex && lowering.optionalInput(index) != nil {
            _ = try lowering.constant(index, "parts")
        }
        let facts = lowering.inputs.map { $0?.facts }
        let found = try checked(at: lowering.location) { () throws(GraphError) in try resolve(from: facts) }
        guard let (axis, parts) = found else { throw lowering.unsupportedTypes() }
        var position = 0
        for (y, part) in zip(lowering.outputs, parts) {
            try lowering.emitCopy(
                from: StridedView(x, offset: position * x.strides[axis]), to: StridedView(y), sizes: y.sizes)
            position += part
        }
    }
}

extension Unpack: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        var strides = x.strides
        let step = strides.remove(at: axis < 0 ? axis + x.sizes.count : axis)
        for (index, y) in lowering.outputs.enumerated() {
            try lowering.emitCopy(
                from: StridedView(x, offset: index * step, strides: strides), to: StridedView(y), sizes: y.sizes)
        }
    }
}

extension SpaceToDepth: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let blocks = Blocks(image: x, depth: y, block: block, layout: layout, order: order)
        try lowering.emitCopy(
            from: StridedView(x, strides: blocks.imageStrides), to: StridedView(y, strides: blocks.depthStrides),
            sizes: blocks.sizes)
    }
}

extension DepthToSpace: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let blocks = Blocks(image: y, depth: x, block: block, layout: layout, order: order)
        try lowering.emitCopy(
            from: StridedView(x, strides: blocks.depthStrides), to: StridedView(y, strides: blocks.imageStrides),
            sizes: blocks.sizes)
    }
}

/// Loops over an image's batches, rows, rows of a block, columns, columns of a block, and channels.
private struct Blocks {
    var sizes: [Int]
    var imageStrides: [Int]
    var depthStrides: [Int]

    init(image: Tensor, depth: Tensor, block: Int, layout: TensorLayout, order: BlockOrder) {
        let spatial = layout.spatialAxes(rank: 4)
        let (rows, columns, channels) = (spatial.lowerBound, spatial.lowerBound + 1, layout.channelAxis(rank: 4))
        let (near, far) = (image.strides, depth.strides)
        let count = image.sizes[channels]
        sizes = [depth.sizes[0], depth.sizes[rows], block, depth.sizes[columns], block, count]
        imageStrides = [near[0], near[rows] * block, near[rows], near[columns] * block, near[columns], near[channels]]
        let step = far[channels]
        let (row, column, channel) =
            order == .pixelsFirst
            ? (block * count * step, count * step, step) : (block * step, step, block * block * step)
        depthStrides = [far[0], far[rows], row, far[columns], column, channel]
    }
}

extension Trilu: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        var parameters = ck_trilu()
        (parameters.rows, parameters.columns) = (x.sizes[x.sizes.count - 2], x.sizes[x.sizes.count - 1])
        parameters.element_size = try lowering.elementSize(x)
        parameters.is_upper = isUpper ? 1 : 0
        try lowering.emit(
            lowering.kernel(.trilu, "bytes"), parameters,
            operands: [.value(x.id), lowering.optionalInput(1).map { .value($0.id) } ?? .none, .value(y.id)],
            units: x.count / max(1, parameters.columns), cost: parameters.columns)
    }
}

extension MatrixDiagonal: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        try lowering.emitFill(y, Array(repeating: 0, count: try lowering.elementSize(y)))
        try lowering.emitDiagonal(x)
    }
}

extension MatrixSetDiagonal: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.emitWhole(try lowering.input(0))
        try lowering.emitDiagonal(try lowering.input(1))
    }
}

extension Lowering {
    /// Writes diagonals [.., n] into the output's matrices.
    fileprivate mutating func emitDiagonal(_ diagonals: Tensor) throws(RuntimeError) {
        var strides = output.strides
        let columns = strides.remove(at: strides.count - 1)
        strides[strides.count - 1] += columns
        try emitCopy(
            from: StridedView(diagonals), to: StridedView(output, strides: strides), sizes: diagonals.sizes)
    }
}

extension ColumnsToImage: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        _ = (try lowering.constant(1, "extents"), try lowering.constant(2, "blocks"))
        let facts = lowering.inputs.map { $0?.facts }
        let axes = try checked(at: lowering.location) { () throws(GraphError) in try self.axes(from: facts) }
        guard let axes, x.type == .float32 else { throw lowering.unsupportedTypes() }
        try lowering.requireRank(axes.count)
        var parameters = ck_col2im()
        parameters.rank = axes.count
        parameters.image = axisTuple(axes.map(\.image))
        parameters.block = axisTuple(axes.map(\.block))
        parameters.columns = axisTuple(axes.map(\.columns))
        parameters.strides = axisTuple(axes.map(\.stride))
        parameters.dilations = axisTuple(axes.map(\.dilation))
        parameters.before = axisTuple(axes.map(\.before))
        let images = y.sizes[0] * y.sizes[1]
        try lowering.emit(
            lowering.kernel(.columnsToImage, "float32"), parameters, operands: [.value(x.id), .value(y.id)],
            units: images, cost: saturatingProduct(x.count / max(1, images), 4 * axes.count))
    }
}
