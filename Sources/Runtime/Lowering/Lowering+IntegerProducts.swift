import CKernels
import ModelGraph
import Operators

extension IntegerConvolution: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let zero = [lowering.optionalInput(2), lowering.optionalInput(3)]
        try lowering.emitIntegers(
            convolution, zero: zero.map { $0.map { .value($0.id) } ?? .none },
            isPerChannel: (zero[1]?.count ?? 1) > 1, result: ck_integer_result())
    }
}

extension IntegerMatrixMultiplication: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        let zero = [lowering.optionalInput(2), lowering.optionalInput(3)]
        var product = try ck_integer_matmul(a, b, at: lowering.location)
        product.a_zero_step = (zero[0]?.count ?? 1) > 1 ? 1 : 0
        product.b_zero_step = (zero[1]?.count ?? 1) > 1 ? 1 : 0
        try lowering.emitIntegers(product, zero: zero.map { $0.map { .value($0.id) } ?? .none })
    }
}

extension DynamicQuantize: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        guard x.type == .float32, lowering.outputs.count == 3 else { throw lowering.unsupportedTypes() }
        try lowering.emit(
            lowering.kernel(.dynamicQuantize, "float32"), ck_dynamic_quantize(count: x.count),
            operands: [.value(x.id)] + lowering.outputs.map { .value($0.id) }, units: 1, cost: x.count * 4)
    }
}

extension Lowering {
    /// Whether the operands are bytes that only the kernels for any zero points take: weights that are computed, or not
    /// symmetric, or that slide over three axes.
    static func needsAnyZeroPoints(_ x: Tensor, _ w: Tensor, bias: Tensor?) -> Bool {
        guard x.type == .int8 || x.type == .uint8, w.type == .int8 || w.type == .uint8 else { return false }
        let plain: Int64 = w.type == .int8 ? 0 : 128
        let isPlain = w.quantization?.zeroPoints.allSatisfy { $0 == plain } ?? false
        return w.constant == nil || !isPlain || w.sizes.count > 4 || bias != nil && bias?.constant == nil
            || x.type == .int8 && w.type == .uint8
    }

    /// A convolution of bytes in onnxruntime's arithmetic (QLinearConv), whatever the zero points are.
    mutating func emitIntegers(_ convolution: Convolution) throws(RuntimeError) {
        let (x, w) = (try input(0), try input(1))
        guard numerics == .onnxruntime, convolution.activation == .none else { throw unsupportedTypes() }
        let zero = [try zeroPoints(of: x), try zeroPoints(of: w)]
        var result = try integerResult(x, w, channels: w.sizes[0], axis: 0)
        if let bias = optionalInput(2) { try addBias(bias, columns: w.sizes[0], rows: 1, to: &result) }
        try emitIntegers(
            convolution, zero: zero, isPerChannel: (w.quantization?.zeroPoints.count ?? 1) > 1, result: result)
    }

    fileprivate mutating func emitIntegers(
        _ convolution: Convolution, zero: [Operand], isPerChannel: Bool, result: ck_integer_result
    ) throws(RuntimeError) {
        let (x, w, y) = (try input(0), try input(1), output)
        let spatial = x.sizes.count - 2
        guard (1...3).contains(spatial), convolution.layout == .channelsFirst else {
            throw RuntimeError(
                .unsupportedOperator, "convolutions over \(spatial) axes are not supported", at: location)
        }
        let windows = try checked(at: location) { () throws(GraphError) in
            try convolution.windows(x: x.sizes, w: w.sizes)
        }
        let groups = try checked(at: location) { () throws(GraphError) in
            try convolution.groupCount(x: x.sizes, w: w.sizes)
        }
        func three(_ values: [Int], _ rest: Int) -> (Int, Int, Int) {
            let all = values + Array(repeating: rest, count: 3 - values.count)
            return (all[0], all[1], all[2])
        }
        var parameters = ck_integer_conv()
        (parameters.groups, parameters.channels, parameters.outputs) = (groups, w.sizes[1], w.sizes[0])
        parameters.input = three(Array(x.sizes.dropFirst(2)), 1)
        parameters.output = three(windows.map(\.output), 1)
        parameters.kernel = three(windows.map(\.kernel), 1)
        parameters.stride = three(windows.map(\.stride), 1)
        parameters.dilation = three(windows.map(\.dilation), 1)
        parameters.before = three(windows.map(\.before), 0)
        (parameters.x_flip, parameters.w_flip) = (x.unsignedFlip, w.unsignedFlip)
        parameters.w_zero_step = isPerChannel ? 1 : 0
        parameters.result = result
        let taps = w.count / w.sizes[0]
        let area = windows.reduce(1) { saturatingProduct($0, $1.output) }
        multiplyAdds = saturatingProduct(y.count, taps)
        try emit(
            kernel(.integerConv, "bytes"), parameters,
            operands: [.value(x.id), .value(w.id), .value(y.id)] + zero,
            units: saturatingProduct(x.sizes[0], w.sizes[0]),
            cost: saturatingProduct(area, taps))
    }

    /// A product of bytes in onnxruntime's arithmetic (QLinearMatMul, QGemm), whatever the zero points are.
    ///
    /// - Parameters:
    ///   - transposesB: whether b is [N, K].
    ///   - alpha: a factor of the product.
    ///   - bias: int32, broadcast to the result.
    mutating func emitIntegerProduct(
        transposesB: Bool = false, alpha: Float = 1, bias: Tensor? = nil
    ) throws(RuntimeError) {
        let (a, b) = (try input(0), try input(1))
        guard numerics == .onnxruntime else { throw unsupportedTypes() }
        var product = try ck_integer_matmul(a, b, transposesB: transposesB, at: location)
        let axis = transposesB ? 0 : b.sizes.count - 1
        product.result = try integerResult(a, b, channels: product.columns, axis: axis, alpha: alpha)
        if let bias { try addBias(bias, columns: product.columns, rows: product.rows, to: &product.result) }
        product.b_zero_step = (b.quantization?.zeroPoints.count ?? 1) > 1 ? 1 : 0
        try emitIntegers(product, zero: [zeroPoints(of: a), zeroPoints(of: b)])
    }

    fileprivate mutating func emitIntegers(_ product: ck_integer_matmul, zero: [Operand]) throws(RuntimeError) {
        let (a, b, y) = (try input(0), try input(1), output)
        multiplyAdds = saturatingProduct(y.count, product.inner)
        try emit(
            kernel(.integerMatmul, "bytes"), product, operands: [.value(a.id), .value(b.id), .value(y.id)] + zero,
            units: product.columns == 0 ? 0 : y.count / product.columns,
            cost: saturatingProduct(product.columns, product.inner))
    }

    /// How accumulators of x · w become the result: bytes of its scale, or real numbers.
    private func integerResult(
        _ x: Tensor, _ w: Tensor, channels: Int, axis: Int, alpha: Float = 1
    ) throws(RuntimeError) -> ck_integer_result {
        let from = try x.affineScale()
        guard let quantization = w.quantization, quantization.blockSize == nil,
            quantization.scales.count == 1 || quantization.scales.count == channels && quantization.axis == axis
        else {
            throw RuntimeError(.invalidModel, "there is not one scale for each output channel", at: w.description)
        }
        var result = ck_integer_result()
        var to: AffineScale?
        switch output.type {
        case .float32: result.kind = Int32(CK_INTEGER_REAL)
        case .int8, .uint8:
            result.kind = Int32(CK_INTEGER_BYTE)
            let scale = try output.unsignedScale()
            (to, result.zero_point, result.flip) = (scale, scale.zeroPoint, output.unsignedFlip)
        default: throw unsupportedTypes()
        }
        let scaled = AffineScale(scale: alpha * from.scale, zeroPoint: 0)
        let factors = singleFactors(scaled, quantization.scales, to)
        let stored = try storage.elements(factors.count, of: Float.self)
        for (index, factor) in factors.enumerated() { stored[index] = factor }
        (result.factor, result.factor_step) = (UnsafePointer(stored), factors.count > 1 ? 1 : 0)
        return result
    }

    private func addBias(
        _ bias: Tensor, columns: Int, rows: Int, to result: inout ck_integer_result
    ) throws(RuntimeError) {
        guard bias.type == .int32, let constant = bias.constant else { throw unsupportedTypes() }
        let elements = constant.elements(as: Int32.self)
        let (across, down) = (bias.sizes.last ?? 1, bias.sizes.count > 1 ? bias.sizes[bias.sizes.count - 2] : 1)
        guard across == 1 || across == columns, down == 1 || down == rows, elements.count == across * down else {
            throw RuntimeError(
                .invalidModel, "a bias of shape \(Shape(bias.sizes)) for [\(rows), \(columns)]", at: location)
        }
        let stored = try storage.elements(elements.count, of: Int32.self)
        for (index, element) in elements.enumerated() { stored[index] = element }
        result.bias = UnsafePointer(stored)
        result.bias_step = across > 1 ? 1 : 0
        result.bias_row_step = down > 1 ? across : 0
    }

    /// The zero points of a tensor's bytes, stored as the bytes are.
    private func zeroPoints(of tensor: Tensor) throws(RuntimeError) -> Operand {
        guard let quantization = tensor.quantization else {
            throw RuntimeError(.invalidModel, "there is no scale and zero point", at: tensor.description)
        }
        try Tensor.check(quantization, in: tensor.type, at: tensor.description)
        let stored = try storage.elements(quantization.zeroPoints.count, of: UInt8.self)
        for (index, zero) in quantization.zeroPoints.enumerated() { stored[index] = UInt8(truncatingIfNeeded: zero) }
        return .constant(UnsafeRawPointer(stored))
    }
}

extension ck_integer_matmul {
    /// The extents of a product of [.., M, K] and [.., K, N], or [N, K].
    fileprivate init(
        _ a: Tensor, _ b: Tensor, transposesB: Bool = false, at location: String
    ) throws(RuntimeError) {
        self.init()
        let left = a.sizes.count == 1 ? [1] + a.sizes : a.sizes
        let right = b.sizes.count == 1 ? b.sizes + [1] : b.sizes
        let batch = max(left.count, right.count) - 2
        guard batch >= 0, batch <= Int(CK_MAX_RANK), left.count >= 2, right.count >= 2 else {
            throw RuntimeError(
                .unsupportedOperator, "more than \(CK_MAX_RANK + 2) axes are not supported", at: location)
        }
        (rows, inner) = (left[left.count - 2], left[left.count - 1])
        columns = transposesB ? right[right.count - 2] : right[right.count - 1]
        (b_row_stride, b_column_stride) = transposesB ? (1, inner) : (columns, 1)
        func padded(_ sizes: [Int]) -> [Int] { Array(repeating: 1, count: batch + 2 - sizes.count) + sizes.dropLast(2) }
        let (outer, other) = (padded(left), padded(right))
        func strides(_ sizes: [Int], _ area: Int) -> [Int] {
            var strides = sizes.map { _ in 0 }
            var step = area
            for axis in sizes.indices.reversed() {
                strides[axis] = sizes[axis] == 1 ? 0 : step
                step *= sizes[axis]
            }
            return strides
        }
        rank = batch
        sizes = axisTuple(zip(outer, other).map { max($0, $1) })
        a_strides = axisTuple(strides(outer, rows * inner))
        b_strides = axisTuple(strides(other, inner * columns))
        (a_flip, b_flip) = (a.unsignedFlip, b.unsignedFlip)
    }
}
