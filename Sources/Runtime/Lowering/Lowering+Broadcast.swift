import CKernels
import ModelGraph
import Operators

/// A tensor and where a kernel finds it.
struct PlacedTensor {
    var tensor: Tensor
    var operand: Operand

    init(_ tensor: Tensor, at operand: Operand? = nil) {
        self.tensor = tensor
        self.operand = operand ?? .value(tensor.id)
    }
}

extension Tensor {
    /// Whether elements are the numbers that they say, and not steps of a scale.
    var holdsPlainNumbers: Bool { !isQuantized }
}

// Operators on plain numbers whose operands broadcast to one shape.

extension Lowering {
    /// y = a op b.
    ///
    /// - Parameters:
    ///   - family: the kernels of an operator on two operands of one type.
    ///   - operation: the kernel's number of the operator.
    ///   - bounds: what the results are clamped to, of real numbers only.
    mutating func emitBinary(
        _ family: KernelFamily, _ operation: UInt32, _ a: PlacedTensor, _ b: PlacedTensor, to y: PlacedTensor,
        bounds: (lower: Float, upper: Float) = (-.infinity, .infinity), cost: Int = 1
    ) throws(RuntimeError) {
        guard a.tensor.type == b.tensor.type else { throw unsupportedTypes() }
        let kernel = try kernel(family, a.tensor.type.rawValue)
        guard y.tensor.count > 0 else { return }
        let runs = try broadcastRuns([a.tensor, b.tensor], to: y.tensor)
        var parameters = ck_binary()
        parameters.operation = Int32(bitPattern: operation)
        parameters.count = y.tensor.count
        (parameters.minimum, parameters.maximum) = (bounds.lower, bounds.upper)
        parameters.rank = runs.sizes.count
        parameters.sizes = axisTuple(runs.sizes)
        parameters.a_strides = axisTuple(runs.strides[0])
        parameters.b_strides = axisTuple(runs.strides[1])
        (parameters.inner, parameters.a_step, parameters.b_step) = (runs.inner, runs.steps[0], runs.steps[1])
        try emit(
            kernel, parameters, operands: [a.operand, b.operand, y.operand], units: runs.outerCount,
            cost: saturatingProduct(runs.inner, cost))
    }

    /// Loops over all elements of y with the operands' strides.
    func broadcastRuns(_ operands: [Tensor], to y: Tensor) throws(RuntimeError) -> AxisRuns {
        var runs = AxisRuns(sizes: y.sizes, strides: operands.map { Binary.broadcastStrides($0, to: y.sizes) })
        runs.chunk(by: Int(CK_CHUNK))
        try runs.requireRank(at: location)
        return runs
    }

    /// Lets the output take the memory of operands of its own shape and element size.
    mutating func allowOverwriting(_ indices: [Int]) throws(RuntimeError) {
        for index in indices {
            let tensor = try input(index)
            if tensor.count == output.count, tensor.type == output.type { overwritableInputs.append(index) }
        }
    }

    /// An operand as elements of another type: converted now if it is constant, by a kernel otherwise.
    mutating func operand(_ index: Int, as type: ElementType) throws(RuntimeError) -> PlacedTensor {
        let tensor = try input(index)
        return try converted(PlacedTensor(tensor), to: type)
    }

    mutating func converted(_ source: PlacedTensor, to type: ElementType) throws(RuntimeError) -> PlacedTensor {
        let tensor = source.tensor
        guard tensor.type != type else { return source }
        let result = try tensor.converted(to: type, at: location)
        if let constant = result.constant {
            return PlacedTensor(result, at: .constant(UnsafeRawPointer(try storage.copy(constant))))
        }
        let scratch = addScratch(result.byteCount)
        try emitConversion(of: tensor, source.operand, to: type, scratch)
        return PlacedTensor(result, at: scratch)
    }

    /// One number as an operand.
    mutating func scalar(_ value: Float, like tensor: Tensor) throws(RuntimeError) -> PlacedTensor {
        var scalar = tensor
        (scalar.type, scalar.sizes, scalar.byteCount, scalar.quantization) = (.float32, [], 4, nil)
        scalar.constant = TensorData([value])
        let result = try scalar.converted(to: tensor.type, at: location)
        guard let constant = result.constant else { throw unsupportedTypes() }
        return PlacedTensor(result, at: .constant(UnsafeRawPointer(try storage.copy(constant))))
    }
}

/// The rows of operators along an axis: elements of a row lie `stride` apart.
struct AxisRows {
    var count: Int
    var stride: Int
    var rows: Int

    /// - Parameter includesInner: whether the axes behind are part of the rows.
    init(_ sizes: [Int], axis: Int, includesInner: Bool = false) {
        let inner = sizes[(axis + 1)...].reduce(1, *)
        stride = includesInner ? 1 : inner
        count = includesInner ? sizes[axis] * inner : sizes[axis]
        rows = sizes[..<axis].reduce(1, *) * stride
    }
}

extension Lowering {
    /// - Throws: `RuntimeError.invalidModel` if there is no such axis.
    func axis(_ axis: Int, of tensor: Tensor) throws(RuntimeError) -> Int {
        let counted = axis < 0 ? axis &+ tensor.sizes.count : axis
        guard tensor.sizes.indices.contains(counted) else {
            throw RuntimeError(
                .invalidModel, "axis \(axis) of a tensor of rank \(tensor.sizes.count)", at: location)
        }
        return counted
    }
}
