import CKernels
import ModelGraph
import Operators

extension CrossEntropyLoss: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats(except: [1])
        let (x, classes, weights) = (try lowering.input(0), try lowering.input(1), lowering.optionalInput(2))
        let count = x.sizes[2...].reduce(1, *)
        var logarithms = Operand.value(x.id)
        if !isLogarithmic {
            logarithms =
                lowering.outputs.count > 1 ? .value(lowering.outputs[1].id) : lowering.addScratch(x.byteCount)
            try lowering.emit(
                lowering.kernel(.logSoftmaxLines, "float32"), ck_log_softmax_lines(count: x.sizes[1], stride: count),
                operands: [.value(x.id), logarithms], units: x.sizes[0] * count, cost: x.sizes[1] * 16)
        }
        var parameters = ck_loss()
        (parameters.batch, parameters.classes, parameters.count) = (x.sizes[0], x.sizes[1], count)
        let code: ck_loss_reduction =
            switch reduction {
            case .none: CK_LOSS_EACH
            case .sum: CK_LOSS_SUM
            case .mean: CK_LOSS_MEAN
            }
        parameters.reduction = Int32(bitPattern: code.rawValue)
        parameters.has_wide_targets = classes.type == .int64 ? 1 : 0
        parameters.has_ignored = ignoredClass == nil ? 0 : 1
        parameters.ignored = Int64(ignoredClass ?? 0)
        try lowering.emit(
            lowering.kernel(.loss, "float32"), parameters,
            operands: [
                logarithms, .value(classes.id), weights.map { .value($0.id) } ?? .none, .value(lowering.output.id),
                .status,
            ], units: 1, cost: x.sizes[0] * count)
    }
}

extension Dropout: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        var isTraining = false
        if lowering.optionalInput(2) != nil {
            isTraining =
                try lowering.constant(2, "training modes").elements(as: UInt8.self).first.map { $0 != 0 } ?? false
        }
        guard isTraining else {
            try lowering.emitCopy(
                from: StridedView(x, strides: [1]), to: StridedView(y, strides: [1]), sizes: [x.count])
            return try keepAll(into: &lowering)
        }
        guard x.type == .float32 else { throw lowering.unsupportedTypes() }
        var parameters = ck_dropout(count: x.count, seed: UInt32(truncatingIfNeeded: seed), ratio: 0.5)
        var computed = Operand.none
        if let ratio = lowering.optionalInput(1) {
            if ratio.type == .float32 {
                computed = .value(ratio.id)
            } else {
                let data = try lowering.constant(1, "ratios of dropout")
                guard ratio.type == .float64, let value = data.elements(as: Double.self).first else {
                    throw lowering.unsupportedTypes()
                }
                parameters.ratio = Float(value)
            }
        }
        try lowering.emit(
            lowering.kernel(.dropout, "float32"), parameters,
            operands: [
                .value(x.id), .value(y.id), lowering.outputs.count > 1 ? .value(lowering.outputs[1].id) : .none,
                computed,
            ], units: 1, cost: x.count * 8)
    }

    private func keepAll(into lowering: inout Lowering) throws(RuntimeError) {
        guard lowering.outputs.count > 1 else { return }
        let mask = lowering.outputs[1]
        var parameters = ck_fill()
        (parameters.count, parameters.element_size) = (mask.count, 1)
        parameters.pattern.0 = 1
        try lowering.emitChunks(
            lowering.kernel(.fill, "bytes"), parameters, operands: [.value(mask.id)], count: mask.count)
    }
}

extension TrainingUpdate: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats(except: [1])
        let tensors = (lowering.inputs.count - 2) / (2 + momentCount)
        for tensor in 0..<tensors {
            let x = try lowering.input(2 + tensor)
            var parameters = ck_update()
            parameters.kind = Int32(bitPattern: code.rawValue)
            parameters.count = x.count
            (parameters.alpha, parameters.beta, parameters.epsilon) = (alpha, beta, epsilon)
            (parameters.decay, parameters.norm, parameters.norm_after) = (decay, norm, normAfter)
            func operand(_ part: Int) throws(RuntimeError) -> Operand {
                part < 2 + momentCount ? .value(try lowering.input(2 + part * tensors + tensor).id) : .none
            }
            func result(_ part: Int) -> Operand {
                let index = part * tensors + tensor
                return index < lowering.outputs.count ? .value(lowering.outputs[index].id) : .none
            }
            guard lowering.outputs.count == tensors * (1 + momentCount) else { throw lowering.unsupportedTypes() }
            try lowering.emitChunks(
                lowering.kernel(.update, "float32"), parameters,
                operands: [
                    .value(try lowering.input(0).id), .value(try lowering.input(1).id), .value(x.id), operand(1),
                    operand(2), operand(3), result(0), result(1), result(2),
                ], count: x.count, cost: 8)
        }
    }

    private var code: ck_optimizer {
        switch kind {
        case .adagrad: CK_ADAGRAD
        case .adam: CK_ADAM
        case .momentum: CK_MOMENTUM
        case .nesterov: CK_NESTEROV
        }
    }
}
