import CKernels
import ModelGraph
import Operators

/// A normalization of one tensor, under any shape that its elements have in order.
struct NormalizationCall {
    /// Factors or addends with a stride for each axis.
    struct Coefficients {
        var operand: Operand
        var strides: [Int]
    }

    var kind: ck_normalization
    var sizes: [Int]
    var isReduced: [Bool]
    var scale: Coefficients?
    var bias: Coefficients?
    var epsilon: Float
    var momentum: Float = 0
    /// Mean and variance, and the running ones, each after and before.
    var statistics: [Operand] = []
}

extension Lowering {
    mutating func emit(_ call: NormalizationCall, from x: Tensor, to y: Tensor) throws(RuntimeError) {
        guard x.type == .float32, y.type == .float32 else { throw unsupportedTypes() }
        guard x.count > 0 else {
            throw RuntimeError(.invalidModel, "there are no elements to normalize", at: location)
        }
        var own = Array(repeating: 1, count: call.sizes.count)
        for axis in call.sizes.indices.reversed().dropFirst() { own[axis] = own[axis + 1] * call.sizes[axis + 1] }
        let zeros = call.sizes.map { _ in 0 }
        let strides = [own, call.scale?.strides ?? zeros, call.bias?.strides ?? zeros]
        func runs(reduced: Bool) throws(RuntimeError) -> (sizes: [Int], strides: [[Int]]) {
            let axes = call.sizes.indices.filter { call.isReduced[$0] == reduced }
            let runs = AxisRuns(
                sizes: axes.map { call.sizes[$0] }, strides: strides.map { strides in axes.map { strides[$0] } })
            guard runs.sizes.count < Int(CK_NORMALIZE_AXES) else {
                throw RuntimeError(
                    .unsupportedOperator, "more than \(CK_NORMALIZE_AXES) axes are not supported", at: location)
            }
            return (runs.sizes + [runs.inner], zip(runs.strides, runs.steps).map { $0 + [$1] })
        }
        let (kept, reduced) = (try runs(reduced: false), try runs(reduced: true))
        var parameters = ck_normalize()
        parameters.kind = Int32(bitPattern: call.kind.rawValue)
        (parameters.kept_rank, parameters.reduced_rank) = (kept.sizes.count, reduced.sizes.count)
        parameters.kept_sizes = axisTuple(kept.sizes)
        parameters.kept_strides = axisTuple(kept.strides[0])
        parameters.kept_scale_strides = axisTuple(kept.strides[1])
        parameters.kept_bias_strides = axisTuple(kept.strides[2])
        parameters.reduced_sizes = axisTuple(reduced.sizes)
        parameters.reduced_strides = axisTuple(reduced.strides[0])
        parameters.reduced_scale_strides = axisTuple(reduced.strides[1])
        parameters.reduced_bias_strides = axisTuple(reduced.strides[2])
        parameters.count = reduced.sizes.reduce(1, *)
        (parameters.epsilon, parameters.momentum) = (call.epsilon, call.momentum)
        let statistics = call.statistics + Array(repeating: Operand.none, count: 6 - call.statistics.count)
        try emit(
            kernel(.normalize, "float32"), parameters,
            operands: [
                .value(x.id), call.scale?.operand ?? .none, call.bias?.operand ?? .none, .value(y.id),
            ] + statistics, units: kept.sizes.reduce(1, *), cost: saturatingProduct(parameters.count, 3))
    }
}

extension RMSNormalization: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats()
        let (x, scale) = (try lowering.input(0), try lowering.input(1))
        let first = axis < 0 ? axis + x.sizes.count : axis
        let own = scale.strides
        let missing = x.sizes.count - scale.sizes.count
        let strides = x.sizes.indices.map { axis in
            axis < missing || scale.sizes[axis - missing] == 1 ? 0 : own[axis - missing]
        }
        let call = NormalizationCall(
            kind: CK_NORMALIZE_ROOT_MEAN_SQUARE, sizes: x.sizes, isReduced: x.sizes.indices.map { $0 >= first },
            scale: .init(operand: .value(scale.id), strides: strides), epsilon: epsilon)
        try lowering.emit(call, from: x, to: lowering.output)
    }
}

extension GroupNormalization: Lowerable {
    /// Works on [N, groups, channels of a group, …].
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats()
        let x = try lowering.input(0)
        let channels = x.sizes[1]
        let groups = groups ?? channels
        let sizes = [x.sizes[0], groups, channels / groups, x.sizes[2...].reduce(1, *)]
        func coefficients(_ index: Int) throws(RuntimeError) -> NormalizationCall.Coefficients {
            .init(
                operand: .value(try lowering.input(index).id),
                strides: scalesGroups ? [0, 1, 0, 0] : [0, channels / groups, 1, 0])
        }
        let call = NormalizationCall(
            kind: CK_NORMALIZE_VARIANCE, sizes: sizes, isReduced: [false, false, true, true],
            scale: try coefficients(1), bias: try coefficients(2), epsilon: epsilon)
        try lowering.emit(call, from: x, to: lowering.output)
    }
}

extension LpNormalization: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let axis = axis < 0 ? axis + x.sizes.count : axis
        if x.type == .int8 || x.type == .uint8, y.type == x.type, norm == .l2, axis == x.sizes.count - 1 {
            return try lowerBytes(x, y, into: &lowering)
        }
        let call = NormalizationCall(
            kind: norm == .l1 ? CK_NORMALIZE_L1 : CK_NORMALIZE_L2, sizes: x.sizes,
            isReduced: x.sizes.indices.map { $0 == axis }, epsilon: epsilon)
        try lowering.emit(call, from: x, to: y)
    }

    private func lowerBytes(_ x: Tensor, _ y: Tensor, into lowering: inout Lowering) throws(RuntimeError) {
        let (from, to) = (try x.affineScale(), try y.affineScale())
        let zeroPoint: Int32 = x.type == .int8 ? 0 : 128
        guard to == AffineScale(scale: 1 / 128, zeroPoint: zeroPoint), let count = x.sizes.last, count > 0 else {
            throw RuntimeError(
                .invalidModel, "the result of an L2 normalization has scale \(to.scale) and zero point \(to.zeroPoint)",
                at: lowering.location, remedy: "they must be 1/128 and \(zeroPoint)")
        }
        try lowering.emit(
            lowering.kernel(.l2Rows, x.type.rawValue), ck_l2_rows(count: count, zero_point: from.zeroPoint),
            operands: [.value(x.id), .value(y.id)], units: x.count / count, cost: count * 4)
    }
}

extension MeanVarianceNormalization: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        let mask = try checked(at: lowering.location) { () throws(GraphError) in
            try Reduce.mask(axes: axes, rank: x.sizes.count)
        }
        let call = NormalizationCall(
            kind: CK_NORMALIZE_DEVIATION, sizes: x.sizes, isReduced: mask, epsilon: 1e-9)
        try lowering.emit(call, from: x, to: lowering.output)
    }
}

extension TrainingBatchNormalization: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats()
        let x = try lowering.input(0)
        func running(_ result: Int, _ operand: Int) throws(RuntimeError) -> [Operand] {
            guard lowering.outputs.count > result else { return [.none, .none] }
            return [.value(lowering.outputs[result].id), .value(try lowering.input(operand).id)]
        }
        var call = NormalizationCall.perChannel(
            x, axis: 1, kind: CK_NORMALIZE_VARIANCE, scale: try lowering.input(1), bias: try lowering.input(2),
            epsilon: epsilon)
        call.momentum = momentum
        call.statistics = [.none, .none] + (try running(1, 3)) + (try running(2, 4))
        try lowering.emit(call, from: x, to: lowering.output)
    }
}

extension NormalizationCall {
    static func perChannel(
        _ x: Tensor, axis: Int, kind: ck_normalization, scale: Tensor, bias: Tensor, epsilon: Float
    ) -> NormalizationCall {
        let strides = x.sizes.indices.map { $0 == axis ? 1 : 0 }
        return NormalizationCall(
            kind: kind, sizes: x.sizes, isReduced: x.sizes.indices.map { $0 != axis },
            scale: .init(operand: .value(scale.id), strides: strides),
            bias: .init(operand: .value(bias.id), strides: strides), epsilon: epsilon)
    }
}

extension BatchNormalization {
    /// With factors that are computed while running.
    func lowerComputed(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats()
        let x = try lowering.input(0)
        var call = NormalizationCall.perChannel(
            x, axis: layout.channelAxis(rank: x.sizes.count), kind: CK_NORMALIZE_GIVEN, scale: try lowering.input(1),
            bias: try lowering.input(2), epsilon: epsilon)
        call.statistics = [.value(try lowering.input(3).id), .value(try lowering.input(4).id)]
        try lowering.emit(call, from: x, to: lowering.output)
    }
}
