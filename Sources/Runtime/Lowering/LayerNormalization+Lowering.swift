import CKernels
import ModelGraph
import Operators

extension LayerNormalization: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, scale) = (try lowering.input(0), try lowering.input(1))
        let bias = lowering.optionalInput(2)
        let rank = x.sizes.count
        let first = axis < 0 ? axis + rank : axis
        guard x.type == .float32, scale.type == .float32, bias == nil || bias?.type == .float32,
            lowering.outputs.allSatisfy({ $0.type == .float32 }), x.sizes.indices.contains(first)
        else { throw lowering.unsupportedTypes() }
        let count = x.sizes[first...].reduce(1, *)
        guard count > 0 else {
            throw RuntimeError(.invalidModel, "there are no elements to normalize", at: lowering.location)
        }
        for operand in [scale, bias].compactMap(\.self) where operand.count != count {
            guard operand.count < count, operand.sizes.isEmpty || operand.count == 1 else {
                throw RuntimeError(
                    .unsupportedOperator, "a scale or bias that is repeated inside a row is not supported",
                    at: lowering.location)
            }
        }
        func result(_ index: Int) -> Operand {
            index < lowering.outputs.count ? .value(lowering.outputs[index].id) : .none
        }
        let parameters = ck_layer_norm(
            count: count, skip_period: 0, epsilon: epsilon, is_simplified: 0,
            has_one_scale: scale.count == 1 && count > 1 ? 1 : 0, has_one_bias: bias?.count == 1 && count > 1 ? 1 : 0)
        try lowering.emit(
            lowering.kernel(.layerNorm, "float32"), parameters,
            operands: [
                .value(x.id), result(0), .value(scale.id), bias.map { .value($0.id) } ?? .none, .none, .none, result(1),
                result(2), .none,
            ],
            units: x.count / count, cost: count * 4)
    }
}

extension SkipLayerNormalization: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, skip, scale) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        let others = [lowering.optionalInput(3), lowering.optionalInput(4)]
        let operands = [x, skip, scale] + others.compactMap(\.self)
        guard operands.allSatisfy({ $0.type == .float32 }), lowering.outputs.allSatisfy({ $0.type == .float32 }) else {
            throw lowering.unsupportedTypes()
        }
        // The skip may lack the batch, or have it with extent 1.
        let repeats =
            skip.sizes.count > 1 && skip.count < x.count
            && x.sizes.suffix(skip.sizes.count - 1) == skip.sizes.dropFirst()
            && skip.sizes.first == 1
        guard let count = x.sizes.last, count > 0,
            skip.count == x.count || repeats || x.sizes.suffix(skip.sizes.count) == skip.sizes[...]
        else {
            throw RuntimeError(
                .unsupportedOperator, "a skip that is repeated inside a sample is not supported", at: lowering.location)
        }
        let results = lowering.outputs.indices.map { Operand.value(lowering.outputs[$0].id) }
        let parameters = ck_layer_norm(
            count: count, skip_period: skip.count / count, epsilon: epsilon, is_simplified: isSimplified ? 1 : 0,
            has_one_scale: 0, has_one_bias: 0)
        // Simplified, the operand behind the scale is the bias of the sum.
        let (shift, bias) = isSimplified ? (nil, others[0]) : (others[0], others[1])
        try lowering.emit(
            lowering.kernel(.layerNorm, "float32"), parameters,
            operands: [
                .value(x.id), results[0], .value(scale.id), shift.map { .value($0.id) } ?? .none, .value(skip.id),
                bias.map { .value($0.id) } ?? .none, results.count == 4 ? results[1] : .none,
                results.count == 4 ? results[2] : .none, results.count == 4 ? results[3] : .none,
            ],
            units: x.count / count, cost: count * 4)
    }
}
