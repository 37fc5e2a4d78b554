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
        var product = ck_matmul(rows: a.sizes[0], columns: y.sizes[1], inner: a.sizes[1])
        (product.b_row_stride, product.b_column_stride) = (1, a.sizes[1])
        product.factor = alpha
        try lowering.emitProduct(product, a, b, batch: 1)
        guard let c, beta != 0 else { return }
        // In place: y = y + β·c.
        try lowering.emitScaledSum(y, c, factor: beta)
    }
}

extension MatrixMultiplication: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) { try lower(into: &lowering, factor: 1) }

    /// - Parameter factor: of a product of real numbers.
    func lower(into lowering: inout Lowering, factor: Float) throws(RuntimeError) {
        let (a, b, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        if lowering.numerics == .onnxruntime, factor == 1, a.type == .int8 || a.type == .uint8 {
            return try lowering.emitIntegerProduct()
        }
        let left = a.sizes.count == 1 ? [1] + a.sizes : a.sizes
        let right = b.sizes.count == 1 ? b.sizes + [1] : b.sizes
        let (rows, inner, columns) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
        if a.type != .float32, a.type.arithmeticName != nil {
            var product = try ck_matrix_product(left, right, at: lowering.location)
            product.alpha = Double(factor)
            return try lowering.emitMatrixProduct(product, a, b)
        }
        let rank = max(left.count, right.count) - 2
        guard rank <= Int(CK_MAX_RANK), let area = Shape.elementCount([rows, columns]) else {
            throw RuntimeError(
                .unsupportedOperator, "more than \(CK_MAX_RANK + 2) axes are not supported", at: lowering.location)
        }
        var product = ck_matmul(rows: rows, columns: columns, inner: inner)
        (product.b_row_stride, product.b_column_stride) = (columns, 1)
        /// Strides over the batch axes, 0 where an operand is repeated.
        func strides(_ sizes: [Int]) -> [Int] {
            var step = sizes[sizes.count - 1] * sizes[sizes.count - 2]
            var strides: [Int] = []
            for size in sizes.dropLast(2).reversed() {
                strides.insert(size == 1 ? 0 : step, at: 0)
                step *= size
            }
            return Array(repeating: 0, count: rank - strides.count) + strides
        }
        func extent(_ sizes: [Int], _ axis: Int) -> Int {
            let own = axis - (rank - (sizes.count - 2))
            return own < 0 ? 1 : sizes[own]
        }
        product.rank = rank
        product.sizes = axisTuple((0..<rank).map { max(extent(left, $0), extent(right, $0)) })
        product.a_strides = axisTuple(strides(left))
        product.b_strides = axisTuple(strides(right))
        product.factor = factor
        try lowering.emitProduct(product, a, b, batch: y.count / area)
    }
}

extension ck_matmul {
    fileprivate init(rows: Int, columns: Int, inner: Int) {
        self.init()
        (self.rows, self.columns, self.inner, factor) = (rows, columns, inner, 1)
    }
}

extension Lowering {
    fileprivate mutating func emitProduct(
        _ product: ck_matmul, _ a: Tensor, _ b: Tensor, batch: Int
    ) throws(RuntimeError) {
        guard a.type == .float32, b.type == .float32, output.type == .float32 else { throw unsupportedTypes() }
        multiplyAdds = saturatingProduct(batch, product.rows, product.columns, product.inner)
        try emit(
            kernel(.matmul, "float32"), product,
            operands: [.value(a.id), .value(b.id), .value(output.id)],
            units: batch * product.rows, cost: saturatingProduct(product.columns, product.inner))
    }

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
