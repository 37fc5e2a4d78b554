import ModelGraph

/// ONNX's selection of boxes: for each class the best ones of which none overlaps a better one too much.
///
/// Operands: boxes [N, B, 4], scores [N, C, B], and optionally the most boxes of a class, the largest overlap, and the
/// least score. Result int64 [selected, 3]: sample, class, box. How many there are is known once the operands are.
package struct NonMaxSuppression: Operation, Equatable {
    /// Whether boxes are center, width and height, and not two opposite corners.
    package var hasCenters: Bool
    package init(hasCenters: Bool = false) { self.hasCenters = hasCenters }
    package var name: String { "NonMaxSuppression" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let selected = try select(from: inputs) else { return nil }
        return [TensorFacts(type: .int64, shape: Shape([selected.count / 3, 3]))]
    }

    /// The elements of the result; nil if an operand is not known.
    package func select(from inputs: [TensorFacts?]) throws(GraphError) -> [Int64]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2, upTo: 5)
        guard let boxes = try operands.sizes(0), let scores = try operands.sizes(1) else { return nil }
        guard boxes.count == 3, scores.count == 3, boxes[2] == 4, boxes[0] == scores[0], boxes[1] == scores[2],
            try operands.required(0).type == .float32, try operands.required(1).type == .float32
        else { throw GraphError(.invalidShape, "boxes of shape \(Shape(boxes)) with scores \(Shape(scores))") }
        func number(_ index: Int) throws(GraphError) -> Double?? {
            guard let operand = operands.optional(index), operand.shape?.elementCount != 0 else { return .some(nil) }
            guard let value = try operands.real(index) else { return nil }
            return .some(value)
        }
        guard let most = try number(2), let overlap = try number(3), let least = try number(4),
            let corners = try operands.required(0).constant?.elements(as: Float.self),
            let values = try operands.required(1).constant?.elements(as: Float.self),
            corners.count == boxes[0] * boxes[1] * 4, values.count == scores[0] * scores[1] * scores[2]
        else { return nil }
        let (samples, classes, count) = (scores[0], scores[1], scores[2])
        let limit = max(0, min(most ?? 0, Double(count)))
        var result: [Int64] = []
        // Samples and classes without boxes may be more than can be counted through.
        guard samples > 0, classes > 0, count > 0 else { return [] }
        for sample in 0..<samples {
            let candidates = (0..<count).map { box in
                let start = (sample * count + box) * 4
                return Box(corners[start..<start + 4], hasCenters: hasCenters)
            }
            for entry in 0..<classes {
                let start = (sample * classes + entry) * count
                let order = NonMaxSuppression.order(
                    Array(values[start..<start + count]), above: least.map { Float($0) })
                for box in NonMaxSuppression.keep(
                    order, of: candidates, most: Int(limit.isNaN ? 0 : limit), overlap: Float(overlap ?? 0))
                {
                    result += [Int64(sample), Int64(entry), Int64(box)]
                }
            }
        }
        return result
    }

    /// The boxes of a score above `least`, best first, the first of equals before the others.
    private static func order(_ scores: [Float], above least: Float?) -> [Int] {
        let order = scores.indices.filter { index in least.map { scores[index] > $0 } ?? true }
        return order.sorted { scores[$0] > scores[$1] || scores[$0] == scores[$1] && $0 < $1 }
    }

    private static func keep(_ order: [Int], of boxes: [Box], most: Int, overlap: Float) -> [Int] {
        var kept: [Int] = []
        for box in order {
            if kept.count >= most { break }
            if !kept.contains(where: { boxes[box].overlap(boxes[$0]) > overlap }) { kept.append(box) }
        }
        return kept
    }

    private struct Box {
        var left, right, top, bottom: Float

        init(_ elements: ArraySlice<Float>, hasCenters: Bool) {
            let e = Array(elements)
            if hasCenters {
                (left, right) = (e[0] - e[2] / 2, e[0] + e[2] / 2)
                (top, bottom) = (e[1] - e[3] / 2, e[1] + e[3] / 2)
            } else {
                (left, right) = (min(e[1], e[3]), max(e[1], e[3]))
                (top, bottom) = (min(e[0], e[2]), max(e[0], e[2]))
            }
        }

        private var area: Float { (right - left) * (bottom - top) }

        /// Intersection over union.
        func overlap(_ other: Box) -> Float {
            let width = min(right, other.right) - max(left, other.left)
            let height = min(bottom, other.bottom) - max(top, other.top)
            guard width > 0, height > 0, area > 0, other.area > 0 else { return 0 }
            let shared = width * height
            let union = area + other.area - shared
            return union > 0 ? shared / union : 0
        }
    }
}

/// TFLite's NON_MAX_SUPPRESSION_V4 and V5: a fixed number of places, of which the last result says how many are used.
///
/// Operands: boxes [B, 4], scores [B], the number of places, the largest overlap, the least score, and for soft
/// suppression its deviation. Results: indices, with soft suppression scores, and the number selected.
package struct BoxSuppression: Operation, Equatable {
    package var isSoft: Bool
    package init(isSoft: Bool = false) { self.isSoft = isSoft }
    package var name: String { isSoft ? "NonMaxSuppressionV5" : "NonMaxSuppressionV4" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(isSoft ? 6 : 5)
        guard let boxes = try operands.sizes(0), let most = try operands.integers(2)?.first else { return nil }
        try operands.requireShape(boxes.count == 2 && boxes[1] == 4, boxes)
        try operands.require(1, [boxes[0]])
        let places = max(0, most)
        return try Operands.result(.int32, [places]) + (isSoft ? Operands.result(.float32, [places]) : [])
            + Operands.result(.int32, [])
    }
}

/// TFLite's custom operator that makes detections of a detector's raw outputs.
///
/// Operands: boxes [1, B, 4 or more] relative to anchors, scores [1, B, classes, and perhaps a background before them],
/// anchors [B, 4]. Results: boxes [1, D, 4], classes and scores [1, D], and the number of detections [1].
package struct DetectionPostProcess: Operation, Equatable {
    package var detections: Int
    package var classesPerBox: Int
    package var detectionsPerClass: Int
    /// Whether boxes of different classes leave each other alone.
    package var isRegular: Bool
    package var scoreThreshold: Float
    package var overlapThreshold: Float
    package var classes: Int
    /// y, x, height and width.
    package var scales: [Float]

    package init(
        detections: Int, classesPerBox: Int, detectionsPerClass: Int = 100, isRegular: Bool = false,
        scoreThreshold: Float, overlapThreshold: Float, classes: Int, scales: [Float]
    ) {
        self.detections = detections
        self.classesPerBox = classesPerBox
        self.detectionsPerClass = detectionsPerClass
        self.isRegular = isRegular
        self.scoreThreshold = scoreThreshold
        self.overlapThreshold = overlapThreshold
        self.classes = classes
        self.scales = scales
    }

    package var name: String { "DetectionPostProcess" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        guard let boxes = try operands.sizes(0), let scores = try operands.sizes(1), let anchors = try operands.sizes(2)
        else { return nil }
        guard boxes.count == 3, boxes[0] == 1, boxes[2] >= 4, scores.count == 3, scores[0] == 1, scores[1] == boxes[1],
            anchors == [boxes[1], 4], classes > 0, scores[2] - classes == 0 || scores[2] - classes == 1
        else {
            throw GraphError(
                .invalidShape,
                "boxes of shape \(Shape(boxes)), scores \(Shape(scores)) and anchors \(Shape(anchors)) for \(classes) classes"
            )
        }
        let limit = 1...1_000_000
        guard limit.contains(detections), limit.contains(classesPerBox), limit.contains(detectionsPerClass),
            scales.count == 4
        else { throw GraphError(.invalidAttribute, "\(detections) detections of \(classesPerBox) classes each") }
        let rows = detections * classesPerBox
        return try Operands.result(.float32, [1, rows, 4]) + Operands.result(.float32, [1, rows])
            + Operands.result(.float32, [1, rows]) + Operands.result(.float32, [1])
    }
}
