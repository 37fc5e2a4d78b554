import CKernels
import ModelGraph
import Operators

/// Where the matrices of a batch are, as NumPy's `matmul` broadcasts them.
struct MatrixBatch {
    var sizes: [Int]
    var aStrides: [Int]
    var bStrides: [Int]

    /// - Parameters: the extents, the last two of which are the matrices'.
    init(_ a: [Int], _ b: [Int]) {
        let rank = max(a.count, b.count) - 2
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
        sizes = (0..<rank).map { max(extent(a, $0), extent(b, $0)) }
        (aStrides, bStrides) = (strides(a), strides(b))
    }
}

extension ck_matrix_product {
    /// The product of a [.., M, K] or transposed [.., K, M], and b [.., K, N] or transposed [.., N, K].
    /// - Throws: `RuntimeError.unsupportedOperator` if there are more axes than the kernels have.
    init(
        _ a: [Int], transposesA: Bool = false, _ b: [Int], transposesB: Bool = false, at location: String
    ) throws(RuntimeError) {
        self.init()
        let (left, right) = (Array(a.suffix(2)), Array(b.suffix(2)))
        (rows, inner) = transposesA ? (left[1], left[0]) : (left[0], left[1])
        columns = transposesB ? right[0] : right[1]
        (a_row, a_column) = transposesA ? (1, left[1]) : (left[1], 1)
        (b_row, b_column) = transposesB ? (1, right[1]) : (right[1], 1)
        let batch = MatrixBatch(a, b)
        rank = batch.sizes.count
        guard rank <= Int(CK_MAX_RANK) else {
            throw RuntimeError(
                .unsupportedOperator, "more than \(CK_MAX_RANK + 2) axes are not supported", at: location)
        }
        withUnsafeMutableBytes(of: &sizes) { $0.fill(batch.sizes) }
        withUnsafeMutableBytes(of: &a_strides) { $0.fill(batch.aStrides) }
        withUnsafeMutableBytes(of: &b_strides) { $0.fill(batch.bStrides) }
        (alpha, beta) = (1, 1)
    }
}

extension ElementType {
    /// The kernels of plain arithmetic of the type: integers without a sign are those with one.
    var arithmeticName: String? {
        switch self {
        case .float32, .float64, .int32, .int64: rawValue
        case .uint32: "int32"
        case .uint64: "int64"
        default: nil
        }
    }
}

extension Lowering {
    /// The product of two operands of one type, and with it `beta` · c, whose axes broadcast to the result's two.
    mutating func emitMatrixProduct(
        _ product: ck_matrix_product, _ a: Tensor, _ b: Tensor, c: Tensor? = nil
    ) throws(RuntimeError) {
        let y = output
        guard let type = a.type.arithmeticName, a.type == b.type, y.type == a.type, c == nil || c?.type == a.type
        else { throw unsupportedTypes() }
        var product = product
        if let c {
            let sizes = Array(repeating: 1, count: max(0, 2 - c.sizes.count)) + c.sizes
            (product.c_row, product.c_column) = (sizes[0] == 1 ? 0 : sizes[1], sizes[1] == 1 ? 0 : 1)
        }
        if a.type == .float32, c == nil, try emitPackedProduct(product, a, b) { return }
        try emitMatrixProduct(
            type, product,
            operands: [.value(a.id), .value(b.id), .value(y.id), c.map { .value($0.id) } ?? .none])
    }

    /// Rows from which on it pays to pack the second matrix.
    private static let fewestPackedRows = 4

    /// Packs b as the linear kernels want weights, and multiplies rows of a by it.
    /// - Returns: false for products that the general kernel is for.
    private mutating func emitPackedProduct(
        _ product: ck_matrix_product, _ a: Tensor, _ b: Tensor
    ) throws(RuntimeError) -> Bool {
        let area = product.inner * product.columns
        guard product.a_column == 1, product.rows >= Self.fewestPackedRows, area > 0 else { return false }
        let (matrices, block) = (b.count / area, Int(CK_BLOCK))
        let blocks = (product.columns - 1) / block + 1
        guard let size = Shape.elementCount([matrices, blocks, product.inner, block, MemoryLayout<Float>.stride])
        else {
            throw RuntimeError(.outOfMemory, "the packed matrices are larger than memory can be", at: location)
        }
        let packed = addScratch(size)
        try emit(
            kernel(.packColumns, "float32"),
            ck_pack_columns(
                matrices: matrices, inner: product.inner, columns: product.columns, row_stride: product.b_row,
                column_stride: product.b_column, factor: Float(product.alpha)),
            operands: [.value(b.id), packed], units: matrices * blocks, cost: saturatingProduct(product.inner, 4))
        var parameters = ck_matmul()
        (parameters.rows, parameters.columns, parameters.inner) = (product.rows, product.columns, product.inner)
        (parameters.rank, parameters.sizes) = (product.rank, product.sizes)
        (parameters.a_strides, parameters.b_strides) = (product.a_strides, product.b_strides)
        let units = ck_divide_matmul(&parameters, output.count / (product.rows * product.columns))
        multiplyAdds = saturatingProduct(output.count, product.inner)
        try emit(
            kernel(.matmul, "float32"), parameters, operands: [.value(a.id), packed, .value(output.id)], units: units,
            cost: multiplyAdds / max(1, units))
        return true
    }

    mutating func emitMatrixProduct(
        _ type: String, _ product: ck_matrix_product, operands: [Operand]
    ) throws(RuntimeError) {
        let rows = output.count / max(1, product.columns)
        multiplyAdds = saturatingProduct(output.count, product.inner)
        try emit(
            kernel(.matrixProduct, type), product, operands: operands, units: rows,
            cost: saturatingProduct(product.columns, product.inner))
    }
}

extension BatchMatrixMultiplication: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (a, b, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        var product = try ck_matrix_product(
            a.sizes, transposesA: transposesA, b.sizes, transposesB: transposesB, at: lowering.location)
        switch (a.type, b.type, y.type) {
        case (.int8, .int8, .int8), (.int16, .int16, .int16):
            try lowering.setQuantized(&product, a, b, y)
            try lowering.emitMatrixProduct(
                a.type.rawValue, product, operands: [.value(a.id), .value(b.id), .value(y.id), .none])
        case (.float32, .int8, .float32):
            // Rows of a are those of the result.
            guard !transposesA, y.count / max(1, product.columns) == a.count / max(1, product.inner) else {
                throw lowering.unsupportedTypes()
            }
            let scale = try b.affineScale()
            guard scale.zeroPoint == 0 else { throw lowering.unsupportedTypes() }
            product.alpha = Double(scale.scale)
            let quantized = try lowering.quantizeRows(
                a, rows: a.count / max(1, product.inner), isAsymmetric: quantizesInputsAsymmetrically)
            try lowering.emitMatrixProduct(
                "hybrid", product, operands: [quantized[0], .value(b.id), .value(y.id), quantized[1]])
        default: try lowering.emitMatrixProduct(product, a, b)
        }
    }
}

extension Lowering {
    /// LiteRT's arithmetic: the product of the scales is in single precision.
    fileprivate func setQuantized(
        _ product: inout ck_matrix_product, _ a: Tensor, _ b: Tensor, _ y: Tensor
    ) throws(RuntimeError) {
        let (left, right, to) = (try a.affineScale(), try b.affineScale(), try y.affineScale())
        let multiplier = QuantizedMultiplier(Double(left.scale * right.scale) / Double(to.scale))
        (product.a_zero_point, product.b_zero_point) = (left.zeroPoint, right.zeroPoint)
        product.is_wide = a.type == .int16 ? 1 : 0
        func single<Element: BitwiseCopyable>(_ value: Element) throws(RuntimeError) -> UnsafePointer<Element> {
            let memory = try storage.elements(1, of: Element.self)
            memory[0] = value
            return UnsafePointer(memory)
        }
        product.output.multiplier = try single(multiplier.multiplier)
        product.output.left = try single(multiplier.left)
        product.output.right = try single(multiplier.right)
        product.output.zero_point = to.zeroPoint
        (product.output.minimum, product.output.maximum) = (y.integerRange.lowerBound, y.integerRange.upperBound)
    }
}

extension Determinant: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        let order = x.sizes[x.sizes.count - 1]
        guard let scratch = Shape.elementCount([order, order, 8]) else {
            throw RuntimeError(.outOfMemory, "a matrix of \(order) rows is too large", at: lowering.location)
        }
        let parameters = ck_determinant(count: y.count, order: order)
        let memory = lowering.addScratch(scratch)
        try lowering.emit(
            lowering.kernel(.determinant, x.type.rawValue), parameters,
            operands: [.value(x.id), .value(y.id), memory], units: 1,
            cost: saturatingProduct(y.count, order, order, order))
    }
}

extension Einsum: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let y = lowering.output
        var shapes: [[Int]] = []
        var operands: [Operand] = []
        for index in lowering.inputs.indices {
            let operand = try lowering.input(index)
            guard operand.type == y.type else { throw lowering.unsupportedTypes() }
            shapes.append(operand.sizes)
            operands.append(.value(operand.id))
        }
        let axes = try checked(at: lowering.location) { () throws(GraphError) -> Einsum.Axes in
            try self.axes(shapes)
        }
        guard axes.sizes.count <= Int(CK_MAX_LABELS), shapes.count <= Int(CK_MAX_OPERANDS),
            let terms = Shape.elementCount(Array(axes.sizes.dropFirst(axes.kept)))
        else {
            throw RuntimeError(.unsupportedOperator, "too many axes or operands", at: lowering.location)
        }
        guard let type = y.type.arithmeticName else { throw lowering.unsupportedTypes() }
        var parameters = ck_einsum()
        (parameters.kept, parameters.rank, parameters.terms) = (axes.kept, axes.sizes.count, terms)
        parameters.count = shapes.count
        withUnsafeMutableBytes(of: &parameters.sizes) { $0.fill(axes.sizes) }
        withUnsafeMutableBytes(of: &parameters.strides) { all in
            let row = Int(CK_MAX_LABELS) * MemoryLayout<Int>.stride
            for (index, strides) in axes.strides.enumerated() {
                UnsafeMutableRawBufferPointer(rebasing: all[(index * row)..<((index + 1) * row)]).fill(strides)
            }
        }
        lowering.multiplyAdds = saturatingProduct(y.count, terms)
        try lowering.emit(
            lowering.kernel(.einsum, type), parameters, operands: operands + [.value(y.id)], units: y.count,
            cost: saturatingProduct(terms, shapes.count))
    }
}
