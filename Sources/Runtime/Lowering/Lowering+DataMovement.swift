import CKernels
import ModelGraph
import Operators

// Operators that only move elements are copies between strided views.

/// Elements of a tensor, found by strides. Strides and the offset count elements.
struct StridedView {
    var tensor: Tensor
    var offset = 0
    var strides: [Int]

    /// All elements, or those that lie as the tensor's own do, from an offset on.
    init(_ tensor: Tensor, offset: Int = 0, strides: [Int]? = nil) {
        self.tensor = tensor
        self.offset = offset
        self.strides = strides ?? tensor.strides
    }
}

extension Lowering {
    /// Bytes of one element.
    /// - Throws: `RuntimeError.unsupportedType` for types that do not fill whole bytes.
    func elementSize(_ tensor: Tensor) throws(RuntimeError) -> Int {
        guard let bits = tensor.type.bitWidth, [8, 16, 32, 64, 128].contains(bits) else { throw unsupportedTypes() }
        return bits / 8
    }

    /// Copies `sizes` elements from one view to another.
    ///
    /// - Parameters:
    ///   - operand: where the elements are, if not in the source's own memory.
    ///   - result: where they go, if not to the target's own memory.
    mutating func emitCopy(
        from source: StridedView, to target: StridedView, sizes: [Int], source operand: Operand? = nil,
        target result: Operand? = nil
    ) throws(RuntimeError) {
        let (x, y) = (source.tensor, target.tensor)
        guard x.type == y.type else { throw unsupportedTypes() }
        let elementSize = try elementSize(x)
        guard !sizes.contains(0) else { return }
        let runs = AxisRuns(sizes: sizes, strides: [source.strides, target.strides])
        try runs.requireRank(at: location)
        var parameters = ck_copy()
        parameters.rank = runs.sizes.count
        parameters.sizes = axisTuple(runs.sizes)
        parameters.x_strides = axisTuple(runs.strides[0])
        parameters.y_strides = axisTuple(runs.strides[1])
        (parameters.inner, parameters.x_step, parameters.y_step) = (runs.inner, runs.steps[0], runs.steps[1])
        (parameters.x_offset, parameters.y_offset) = (source.offset, target.offset)
        parameters.element_size = elementSize
        try emit(
            kernel(.copy, "bytes"), parameters, operands: [operand ?? .value(x.id), result ?? .value(y.id)],
            units: runs.outerCount, cost: runs.inner)
    }

    /// The bytes of x on the scale of y.
    mutating func rescaled(_ x: Tensor, to y: Tensor) throws(RuntimeError) -> Operand {
        let (from, to) = (try x.affineScale(), try y.affineScale())
        guard x.type == y.type else { throw unsupportedTypes() }
        if from == to { return .value(x.id) }
        var parameters = ck_unary()
        parameters.count = x.count
        withUnsafeMutableBytes(of: &parameters.table) { $0.copyBytes(from: table(x, from, y, to) { $0 }) }
        let scratch = addScratch(x.count)
        try emitChunks(kernel(.unary, "int8"), parameters, operands: [.value(x.id), scratch], count: x.count)
        return scratch
    }

    /// The output is the first operand under another shape.
    mutating func forwardInput() throws(RuntimeError) {
        let x = try input(0)
        guard x.type == output.type, x.byteCount == output.byteCount else { throw unsupportedTypes() }
        forwardsInput = true
        try emitCopy(
            from: StridedView(x, strides: [1]), to: StridedView(output, strides: [1]), sizes: [x.count])
    }
}

extension Reshape: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.forwardInput() }
}

extension Squeeze: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.forwardInput() }
}

extension ExpandDimensions: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.forwardInput() }
}

extension Unsqueeze: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.forwardInput() }
}

extension Flatten: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.forwardInput() }
}

extension Densify: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.forwardInput() }
}

extension Identity: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lowering.forwardInput() }
}

extension Transpose: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let values = try lowering.integers(1, "permutations")
        let permutation = try checked(at: lowering.location) { () throws(GraphError) in
            try Transpose.permutation(values, rank: x.sizes.count)
        }
        if ChannelOrder.isStill(permutation, sizes: x.sizes) { return try lowering.forwardInput() }
        try lowering.emitCopy(
            from: StridedView(x, strides: permutation.map { x.strides[$0] }), to: StridedView(y), sizes: y.sizes)
    }
}

extension StridedSlice: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        let (begin, end) = (try lowering.integers(1, "begins"), try lowering.integers(2, "ends"))
        let strides = try lowering.integers(3, "strides")
        let (runs, _) = try checked(at: lowering.location) { () throws(GraphError) in
            try resolve(x: x.sizes, begin: begin, end: end, strides: strides)
        }
        try lowering.emitSlice(x, runs)
    }
}

extension Slice: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        let (starts, ends) = (try lowering.integers(1, "starts"), try lowering.integers(2, "ends"))
        let axes = lowering.optionalInput(3) == nil ? nil : try lowering.integers(3, "axes")
        let steps = lowering.optionalInput(4) == nil ? nil : try lowering.integers(4, "steps")
        let found = try checked(at: lowering.location) { () throws(GraphError) in
            try runs(x: x.sizes, starts: starts, ends: ends, axes: axes, steps: steps)
        }
        try lowering.emitSlice(x, found)
    }
}

extension Lowering {
    /// Copies a part of each axis of x to the output.
    mutating func emitSlice(_ x: Tensor, _ runs: [StridedSlice.Run]) throws(RuntimeError) {
        let sizes = runs.map(\.count)
        // A step that leaves the axis is taken only by runs of one element.
        let steps = zip(runs, x.strides).map { $0.count == 1 ? $1 : $0.step * $1 }
        let offset = zip(runs, x.strides).reduce(0) { $0 + $1.0.start * $1.1 }
        var dense = Array(repeating: 1, count: sizes.count)
        for axis in sizes.indices.reversed().dropFirst() { dense[axis] = dense[axis + 1] * sizes[axis + 1] }
        try emitCopy(
            from: StridedView(x, offset: offset, strides: steps), to: StridedView(output, strides: dense),
            sizes: sizes)
    }
}

extension Concatenation: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let y = lowering.output
        guard activation == .none else {
            throw RuntimeError(
                .unsupportedOperator, "the fused activation \(activation.rawValue) is not supported",
                at: lowering.location)
        }
        let axis = axis < 0 ? axis + y.sizes.count : axis
        var position = 0
        for index in lowering.inputs.indices {
            let x = try lowering.input(index)
            var source = Operand.value(x.id)
            if lowering.numerics == .onnxruntime, y.type == .int8 || y.type == .uint8 {
                source = try lowering.rescaled(x, to: y)
            } else if y.type == .uint8, y.isQuantized, x.isQuantized {
                source = try lowering.rescaledAwayFromZero(x, to: y)
            } else if y.type == .int8 {
                _ = try lowering.requireSameScale(x, y)
            }
            try lowering.emitCopy(
                from: StridedView(x), to: StridedView(y, offset: position * y.strides[axis]), sizes: x.sizes,
                source: source)
            position += x.sizes[axis]
        }
    }
}

extension Pack: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let y = lowering.output
        let axis = axis < 0 ? axis + y.sizes.count : axis
        var strides = y.strides
        let step = strides.remove(at: axis)
        for index in lowering.inputs.indices {
            let x = try lowering.input(index)
            try lowering.emitCopy(
                from: StridedView(x), to: StridedView(y, offset: index * step, strides: strides), sizes: x.sizes)
        }
    }
}
