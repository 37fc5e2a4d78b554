import CKernels
import ModelGraph
import Operators

extension Gemm: Lowerable {
    /// Takes a [M, K] and b [N, K]. With a constant b, and a c for each column, it is a fully connected layer; otherwise a
    /// product and a sum.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (a, b, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        guard !transposesA, transposesB else {
            throw RuntimeError(
                .unsupportedOperator, "the operands are not in the kernel's order", at: lowering.location)
        }
        let c = lowering.optionalInput(2)
        if a.type != .float32, a.type.arithmeticName != nil {
            let fits =
                c?.sizes.count ?? 0 <= 2
                && zip(c?.sizes.reversed() ?? [], y.sizes.reversed()).allSatisfy { $0 == 1 || $0 == $1 }
            guard fits else {
                throw RuntimeError(.invalidModel, "the sum does not have the product's shape", at: lowering.location)
            }
            var product = try ck_matrix_product(a.sizes, b.sizes, transposesB: true, at: lowering.location)
            (product.alpha, product.beta) = (Double(alpha), Double(beta))
            return try lowering.emitMatrixProduct(product, a, b, c: beta == 0 ? nil : c)
        }
        let isBias = c.map { $0.constant != nil && $0.count == y.sizes[1] && $0.sizes.last == $0.count } ?? true
        let isByte = a.type == .int8 || a.type == .uint8
        if isByte, lowering.numerics == .onnxruntime,
            alpha != 1 || !isBias || Lowering.needsAnyZeroPoints(a, b, bias: c)
        {
            guard c == nil || beta == 1 else { throw lowering.unsupportedTypes() }
            return try lowering.emitIntegerProduct(transposesB: true, alpha: alpha, bias: c)
        }
        if b.constant != nil, isBias, alpha == 1, beta == 1 || c == nil || c?.type == .int32 {
            return try FullyConnected().lower(into: &lowering)
        }
        guard a.type == .float32, b.type == .float32, y.type == .float32, c == nil || c?.type == .float32 else {
            throw lowering.unsupportedTypes()
        }
        var product = try ck_matrix_product(a.sizes, b.sizes, transposesB: true, at: lowering.location)
        product.alpha = Double(alpha)
        try lowering.emitMatrixProduct(product, a, b)
        guard let c, beta != 0 else { return }
        // In place: y = y + β·c.
        try lowering.emitScaledSum(y, c, factor: beta)
    }
}

extension MatrixMultiplication: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lower(into: &lowering, factor: 1) }

    /// - Parameter factor: of a product of real numbers.
    func lower(into lowering: inout Lowering, factor: Float) throws(RuntimeError) {
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        if lowering.numerics == .onnxruntime, factor == 1, a.type == .int8 || a.type == .uint8 {
            return try lowering.emitIntegerProduct()
        }
        let left = a.sizes.count == 1 ? [1] + a.sizes : a.sizes
        let right = b.sizes.count == 1 ? b.sizes + [1] : b.sizes
        var product = try ck_matrix_product(left, right, at: lowering.location)
        product.alpha = Double(factor)
        try lowering.emitMatrixProduct(product, a, b)
    }
}

extension Lowering {
    /// Adds `factor` times an operand that broadcasts, in place.
    fileprivate mutating func emitScaledSum(_ y: Tensor, _ c: Tensor, factor: Float) throws(RuntimeError) {
        var addend = Operand.value(c.id)
        if factor != 1 {
            let factors = try storage.elements(1, of: Float.self)
            factors[0] = factor
            addend = addScratch(c.byteCount)
            var scaling = ck_binary(operation: CK_MULTIPLY, sizes: c.sizes, a: c.strides, b: c.sizes.map { _ in 0 })
            scaling.b_step = 0
            try emit(
                kernel(.arithmetic, "float32"), scaling,
                operands: [.value(c.id), .constant(UnsafeRawPointer(factors)), addend], units: 1, cost: c.count)
        }
        let strides = Binary.broadcastStrides(c, to: y.sizes)
        let sum = ck_binary(operation: CK_ADD, sizes: y.sizes, a: y.strides, b: strides)
        try emit(
            kernel(.arithmetic, "float32"), sum, operands: [.value(y.id), addend, .value(y.id)],
            units: sum.rank == 0 ? 1 : y.count / sum.inner, cost: sum.inner)
    }
}

extension ck_binary {
    /// A float32 operator without a clamp.
    /// - Precondition: at most eight axes, none of extent 0.
    fileprivate init(operation: ck_binary_operator, sizes: [Int], a: [Int], b: [Int]) {
        self.init()
        let runs = AxisRuns(sizes: sizes, strides: [a, b])
        self.operation = Int32(bitPattern: operation.rawValue)
        count = sizes.reduce(1, *)
        rank = runs.sizes.count
        self.sizes = axisTuple(runs.sizes)
        (a_strides, b_strides) = (axisTuple(runs.strides[0]), axisTuple(runs.strides[1]))
        (inner, a_step, b_step) = (runs.inner, runs.steps[0], runs.steps[1])
        (minimum, maximum) = (-.infinity, .infinity)
    }
}
