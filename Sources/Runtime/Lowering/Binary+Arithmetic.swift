import CKernels
import ModelGraph
import Operators

extension Binary {
    /// Plain numbers of any type.
    func lowerPlain(into lowering: inout Lowering) throws(RuntimeError) {
        let y = PlacedTensor(lowering.output)
        if kind == .power, try lowering.input(0).type != lowering.input(1).type {
            return try lowerMixedPower(into: &lowering)
        }
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        guard a.type == y.tensor.type else { throw lowering.unsupportedTypes() }
        let bounds = try activation.clampingBounds(at: lowering.location)
        if kind == .leakyRelu, a.count != y.tensor.count { throw lowering.unsupportedTypes() }
        guard isDefined(for: a.type) else { throw lowering.unsupportedTypes() }
        try lowering.allowOverwriting([0, 1])
        try lowering.emitBinary(
            .arithmetic, code.rawValue, PlacedTensor(a), PlacedTensor(b), to: y, bounds: bounds,
            cost: kind == .power || kind == .arcTangent ? 16 : 1)
        guard !a.type.isFloatingPoint, activation != .none else { return }
        // Whole numbers are clamped in a second step.
        if bounds.lower > -.infinity {
            try lowering.emitBinary(
                .arithmetic, CK_MAXIMUM.rawValue, y, lowering.scalar(bounds.lower, like: y.tensor), to: y)
        }
        if bounds.upper < .infinity {
            try lowering.emitBinary(
                .arithmetic, CK_MINIMUM.rawValue, y, lowering.scalar(bounds.upper, like: y.tensor), to: y)
        }
    }

    private func isDefined(for type: ElementType) -> Bool {
        switch kind {
        case .and, .or, .exclusiveOr: !type.isFloatingPoint
        case .shiftLeft, .shiftRight: type.isInteger
        case .arcTangent: type.isFloatingPoint
        case .maximum, .minimum: true
        default: type != .bool
        }
    }

    /// A power with an exponent of another type: real bases take it as their own type; whole ones with a real exponent go
    /// through double precision.
    private func lowerMixedPower(into lowering: inout Lowering) throws(RuntimeError) {
        let (base, exponent, y) = (try lowering.input(0), try lowering.input(1), lowering.output)
        guard base.type == y.type else { throw lowering.unsupportedTypes() }
        let type: ElementType = base.type.isFloatingPoint || !exponent.type.isFloatingPoint ? base.type : .float64
        let a = try lowering.operand(0, as: type)
        let b = try lowering.operand(1, as: type)
        guard type != y.type else {
            return try lowering.emitBinary(.arithmetic, CK_POWER.rawValue, a, b, to: PlacedTensor(y), cost: 16)
        }
        let wide = try y.converted(to: type, at: lowering.location)
        let result = PlacedTensor(wide, at: lowering.addScratch(wide.byteCount))
        try lowering.emitBinary(.arithmetic, CK_POWER.rawValue, a, b, to: result, cost: 16)
        try lowering.emitConversion(of: wide, result.operand, to: y.type, .value(y.id), saturates: false)
    }
}

extension Comparison: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (a, b) = (try lowering.input(0), try lowering.input(1))
        // LiteRT compares 16 bits as they are, but for equality.
        let isPlain = a.type == .int16 && kind != .equal && kind != .notEqual
        if a.isQuantized, b.isQuantized, !isPlain {
            guard lowering.followsLiteRT else { throw lowering.unsupportedTypes() }
            return try lowering.emitQuantizedComparison(quantizedCode, a, b)
        }
        try lowering.emitBinary(
            .compare, code.rawValue, PlacedTensor(a), PlacedTensor(b), to: PlacedTensor(lowering.output))
    }

    private var quantizedCode: ck_quantized_operator {
        switch kind {
        case .equal: CK_QUANTIZED_EQUAL
        case .notEqual: CK_QUANTIZED_NOT_EQUAL
        case .less: CK_QUANTIZED_LESS
        case .lessOrEqual: CK_QUANTIZED_LESS_EQUAL
        case .greater: CK_QUANTIZED_GREATER
        case .greaterOrEqual: CK_QUANTIZED_GREATER_EQUAL
        }
    }

    private var code: ck_comparison {
        switch kind {
        case .equal: CK_EQUAL
        case .notEqual: CK_NOT_EQUAL
        case .less: CK_LESS
        case .lessOrEqual: CK_LESS_OR_EQUAL
        case .greater: CK_GREATER
        case .greaterOrEqual: CK_GREATER_OR_EQUAL
        }
    }
}

extension Variadic: Lowerable {
    /// The operands one after the other, in the output's memory.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let y = PlacedTensor(lowering.output)
        let first = try lowering.input(0)
        guard first.type == y.tensor.type, first.holdsPlainNumbers else { throw lowering.unsupportedTypes() }
        let isFloat = first.type.isFloatingPoint
        guard kind != .mean || isFloat, first.type != .bool else { throw lowering.unsupportedTypes() }
        let code: ck_binary_operator =
            switch kind {
            case .sum, .mean: CK_ADD
            case .maximum: CK_MAXIMUM
            case .minimum: CK_MINIMUM
            }
        if lowering.inputs.count == 1 { return try lowering.forwardInput() }
        for index in lowering.inputs.indices.dropFirst() {
            let left = index == 1 ? PlacedTensor(first) : y
            let right = PlacedTensor(try lowering.input(index))
            guard right.tensor.holdsPlainNumbers else { throw lowering.unsupportedTypes() }
            try lowering.emitBinary(.arithmetic, code.rawValue, left, right, to: y)
        }
        guard kind == .mean else { return }
        let count = try lowering.scalar(Float(lowering.inputs.count), like: y.tensor)
        try lowering.emitBinary(.arithmetic, CK_DIVIDE.rawValue, y, count, to: y)
    }
}

extension Clip: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (PlacedTensor(try lowering.input(0)), PlacedTensor(lowering.output))
        guard x.tensor.type == y.tensor.type, x.tensor.holdsPlainNumbers, x.tensor.type != .bool else {
            throw lowering.unsupportedTypes()
        }
        var source = x
        for (index, code, attribute) in [(1, CK_MAXIMUM, lower), (2, CK_MINIMUM, upper)] {
            var scalar: PlacedTensor
            if let bound = lowering.optionalInput(index) {
                guard bound.count == 1 else { throw lowering.unsupportedTypes() }
                scalar = PlacedTensor(bound)
                scalar.tensor.sizes = []
            } else if let attribute {
                scalar = try lowering.scalar(attribute, like: y.tensor)
            } else {
                continue
            }
            try lowering.emitBinary(.arithmetic, code.rawValue, source, scalar, to: y)
            source = y
        }
        if lowering.calls.isEmpty { return try lowering.forwardInput() }
        lowering.overwritableInputs = [0]
    }
}

extension Select: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        var condition = try lowering.input(0)
        let (a, b, y) = (try lowering.input(1), try lowering.input(2), lowering.output)
        guard condition.type == .bool, a.type == b.type, a.type == y.type else { throw lowering.unsupportedTypes() }
        if !a.holdsPlainNumbers, a.quantization != b.quantization || a.quantization != y.quantization {
            throw RuntimeError(
                .unsupportedOperator, "the operands and the result differ in scale or zero point",
                at: lowering.location)
        }
        condition.sizes = self.condition(condition.sizes, rank: y.sizes.count)
        var parameters = ck_select()
        parameters.element_size = try lowering.elementSize(y)
        guard y.count > 0 else { return }
        let runs = try lowering.broadcastRuns([condition, a, b], to: y)
        parameters.count = y.count
        parameters.rank = runs.sizes.count
        parameters.sizes = axisTuple(runs.sizes)
        parameters.c_strides = axisTuple(runs.strides[0])
        parameters.a_strides = axisTuple(runs.strides[1])
        parameters.b_strides = axisTuple(runs.strides[2])
        parameters.inner = runs.inner
        (parameters.c_step, parameters.a_step, parameters.b_step) = (runs.steps[0], runs.steps[1], runs.steps[2])
        try lowering.emit(
            lowering.kernel(.select, "bytes"), parameters,
            operands: [.value(condition.id), .value(a.id), .value(b.id), .value(y.id)], units: runs.outerCount,
            cost: runs.inner)
    }
}
