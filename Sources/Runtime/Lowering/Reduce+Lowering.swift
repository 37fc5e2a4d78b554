import CKernels
import ModelGraph
import Operators

extension Reduce: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        let axes = lowering.optionalInput(1) == nil ? nil : try lowering.integers(1, "axes")
        let mask = try checked(at: lowering.location) { () throws(GraphError) in
            try self.mask(axes: axes, rank: x.sizes.count)
        }
        guard x.type == y.type else { throw lowering.unsupportedTypes() }
        guard !x.isQuantized || x.count > 0 else {
            throw RuntimeError(.invalidModel, "there are no elements to reduce", at: lowering.location)
        }
        let isLogical = kind == .any || kind == .all
        guard x.type != .bool || isLogical || kind == .max || kind == .min, !isLogical || x.type == .bool else {
            throw lowering.unsupportedTypes()
        }
        func runs(reduced: Bool) -> AxisRuns {
            let axes = mask.indices.filter { mask[$0] == reduced }
            return AxisRuns(sizes: axes.map { x.sizes[$0] }, strides: [axes.map { x.strides[$0] }])
        }
        let (kept, reduced) = (runs(reduced: false), runs(reduced: true))
        guard kept.sizes.count < Int(CK_MAX_RANK), reduced.sizes.count < Int(CK_MAX_RANK) else {
            throw RuntimeError(
                .unsupportedOperator, "more than \(CK_MAX_RANK) axes are not supported", at: lowering.location)
        }
        if x.isQuantized { return try lowerQuantized(kept: kept, reduced: reduced, into: &lowering) }
        var parameters = ck_reduce()
        parameters.operation = Int32(bitPattern: code.rawValue)
        parameters.kept_rank = kept.sizes.count + 1
        parameters.kept_sizes = axisTuple(kept.sizes + [kept.inner])
        parameters.kept_strides = axisTuple(kept.strides[0] + [kept.steps[0]])
        parameters.reduced_rank = reduced.sizes.count + 1
        parameters.reduced_sizes = axisTuple(reduced.sizes + [reduced.inner])
        parameters.reduced_strides = axisTuple(reduced.strides[0] + [reduced.steps[0]])
        parameters.reduced_count = reduced.outerCount * reduced.inner
        let kernel = try lowering.kernel(.fold, x.type.rawValue)
        guard y.count > 0 else { return }
        try lowering.emit(
            kernel, parameters, operands: [.value(x.id), .value(y.id)],
            units: y.count, cost: parameters.reduced_count)
    }

    private var code: ck_reduction {
        switch kind {
        case .mean: CK_MEAN
        case .sum: CK_SUM
        case .product: CK_PRODUCT
        case .max: CK_MAX
        case .min: CK_MIN
        case .l1: CK_L1
        case .l2: CK_L2
        case .sumOfSquares: CK_SUM_OF_SQUARES
        case .logSum: CK_LOG_SUM
        case .logSumExp: CK_LOG_SUM_EXP
        case .any: CK_ANY
        case .all: CK_ALL
        }
    }
}
