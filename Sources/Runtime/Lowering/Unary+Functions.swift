import CKernels
import ModelGraph
import Operators

extension Unary {
    /// Plain numbers of any type that has the function.
    func lowerPlain(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == y.type, isDefined(for: x.type) else { throw lowering.unsupportedTypes() }
        lowering.overwritableInputs = [0]
        try lowering.emitFunction(code, cost: 8)
    }

    private func isDefined(for type: ElementType) -> Bool {
        switch kind {
        case .not: !type.isFloatingPoint
        case .relu, .abs, .negate, .sign, .square, .floor, .ceil, .round: type != .bool
        default: type.isFloatingPoint
        }
    }
}

extension ParametricUnary: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        if kind == .leakyRelu, lowering.numerics == .onnxruntime, x.type == .int8 || x.type == .uint8, x.type == y.type
        {
            // QLinearLeakyRelu's table.
            let (from, to) = (try x.affineScale(), try y.affineScale())
            return try lowering.emitTable(lowering.table(x, from, y, to) { $0 >= 0 ? $0 : alpha * $0 })
        }
        if x.isQuantized { return try lowerQuantized(into: &lowering) }
        guard x.type == y.type, x.type.isFloatingPoint else { throw lowering.unsupportedTypes() }
        lowering.overwritableInputs = [0]
        try lowering.emitFunction(code, alpha: alpha, beta: beta, cost: 8)
    }

    private func lowerQuantized(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let (from, to) = (try x.affineScale(), try y.affineScale())
        let (operation, alpha, beta) = (Int32(bitPattern: code.rawValue), alpha, beta)
        guard lowering.followsLiteRT else {
            guard x.type == .int8 || x.type == .uint8, y.type == .int8 || y.type == .uint8 else {
                throw lowering.unsupportedTypes()
            }
            return try lowering.emitTable(
                lowering.table(x, from, y, to) { ck_parametric_value(operation, $0, alpha, beta) })
        }
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        guard kind == .leakyRelu else {
            return try lowering.emitQuantizedFunction { ck_parametric_value(operation, $0, alpha, beta) }
        }
        try lowering.emitQuantizedLeakyRelu(slope: alpha)
    }

    /// The kernels' number of the function.
    var code: ck_unary_operator {
        switch kind {
        case .leakyRelu: CK_LEAKY_RELU
        case .elu: CK_SCALED_ELU
        case .selu: CK_SELU
        case .celu: CK_CELU
        case .thresholdedRelu: CK_THRESHOLDED_RELU
        case .hardSigmoid: CK_HARD_SIGMOID
        case .shrink: CK_SHRINK
        case .swish: CK_SWISH
        }
    }
}

extension NumberTest: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard y.type == .bool, x.type.isFloatingPoint else { throw lowering.unsupportedTypes() }
        // Narrower types are numbers of single precision as well.
        let source = try x.type == .float64 ? PlacedTensor(x) : lowering.operand(0, as: .float32)
        var parameters = ck_unary()
        var tests: UInt32 = 0
        if isNaN { tests |= CK_IS_NAN.rawValue }
        if isPositiveInfinity { tests |= CK_IS_POSITIVE_INFINITY.rawValue }
        if isNegativeInfinity { tests |= CK_IS_NEGATIVE_INFINITY.rawValue }
        parameters.operation = Int32(bitPattern: tests)
        parameters.count = y.count
        try lowering.emitChunks(
            lowering.kernel(.classify, source.tensor.type.rawValue), parameters,
            operands: [source.operand, .value(y.id)], count: y.count)
    }
}

extension Lowering {
    /// The output is a function of each element of operand 0.
    mutating func emitFunction(
        _ code: ck_unary_operator, alpha: Float = 0, beta: Float = 0, cost: Int
    ) throws(RuntimeError) {
        let x = try input(0)
        var parameters = ck_unary()
        parameters.operation = Int32(bitPattern: code.rawValue)
        parameters.count = output.count
        (parameters.alpha, parameters.beta) = (Double(alpha), Double(beta))
        try emitChunks(
            kernel(.math, x.type.rawValue), parameters, operands: [.value(x.id), .value(output.id)],
            count: output.count, cost: cost)
    }
}
