import CKernels
import ModelGraph
import Operators

extension NonMaxSuppression: Lowerable {
    /// All operands are known by now: what is selected is a constant.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        for index in lowering.inputs.indices where lowering.inputs[index] != nil {
            _ = try lowering.constant(index, "boxes or their scores")
        }
        let facts = lowering.inputs.map { $0?.facts }
        let selected = try checked(at: lowering.location) { () throws(GraphError) in try select(from: facts) }
        guard let selected else { throw lowering.unsupportedTypes() }
        try lowering.emitConstant(TensorData(selected))
    }
}

extension BoxSuppression: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let boxes = try lowering.input(0)
        guard let most = try lowering.integers(2, "numbers of boxes").first else { throw lowering.unsupportedTypes() }
        var operands: [Operand] = []
        for index in [0, 1, 3, 4] + (isSoft ? [5] : []) {
            let operand = try lowering.input(index)
            guard operand.type == .float32 else { throw lowering.unsupportedTypes() }
            operands.append(.value(operand.id))
        }
        if !isSoft { operands.append(.none) }
        guard lowering.outputs.count == (isSoft ? 3 : 2) else { throw lowering.unsupportedTypes() }
        let results = lowering.outputs.map { Operand.value($0.id) }
        operands += isSoft ? results : [results[0], .none, results[1]]
        let count = boxes.sizes[0]
        operands.append(lowering.addScratch(saturatingProduct(count, MemoryLayout<ck_candidate>.stride)))
        try lowering.emit(
            lowering.kernel(.suppression, "float32"), ck_suppression(count: count, most: max(0, most)),
            operands: operands, units: 1, cost: saturatingProduct(count, max(1, most)))
    }
}

extension DetectionPostProcess: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats()
        let (boxes, scores, anchors) = (try lowering.input(0), try lowering.input(1), try lowering.input(2))
        guard lowering.outputs.count == 4, saturatingProduct(scores.count, 1) < Int(Int32.max) else {
            throw lowering.unsupportedTypes()
        }
        var parameters = ck_post_process()
        (parameters.count, parameters.box_size) = (boxes.sizes[1], boxes.sizes[2])
        (parameters.scored_classes, parameters.classes) = (scores.sizes[2], classes)
        (parameters.most, parameters.classes_per_box) = (detections, classesPerBox)
        parameters.per_class = detectionsPerClass
        parameters.is_regular = isRegular ? 1 : 0
        (parameters.score_threshold, parameters.overlap_threshold) = (scoreThreshold, overlapThreshold)
        (parameters.y_scale, parameters.x_scale) = (scales[0], scales[1])
        (parameters.height_scale, parameters.width_scale) = (scales[2], scales[3])
        let floats = saturatingProduct(boxes.sizes[1], 10) + 4 * (detections + detectionsPerClass) + 16 * classes
        let work = lowering.addScratch(saturatingProduct(floats, MemoryLayout<Float>.stride))
        try lowering.emit(
            lowering.kernel(.postProcess, "float32"), parameters,
            operands: [.value(boxes.id), .value(scores.id), .value(anchors.id)]
                + lowering.outputs.map { .value($0.id) } + [work], units: 1,
            cost: saturatingProduct(scores.count, 8))
    }
}
