import ModelGraph

/// TFLite's LSTM and UNIDIRECTIONAL_SEQUENCE_LSTM, which update their state in place.
///
/// Operands, most of which may be left out: x [T, B, I], [B, T, I] or [B, I]; weights of i, f, g and o [C, I]; recurrent
/// weights [C, O]; peepholes of i, f and o [C]; biases [C]; projection [O, C] and its bias [O]; the state [B, O] and
/// [B, C]; and the factors that normalize the gates [C]. Result: h of each step.
package struct FusedLSTM: Operation, Equatable {
    package enum Form: Sendable, Equatable {
        case step
        case sequence(isTimeMajor: Bool)
    }

    /// Where each part stands among the operands.
    package struct Layout: Sendable {
        package var weights: [Int]
        package var recurrent: [Int]
        /// Of i, f and o.
        package var peepholes: [Int]
        package var biases: [Int]
        package var projection: Int
        package var projectionBias: Int
        package var hidden: Int
        package var cell: Int
        package var normalization: [Int]
        package var extraWeights: [Int]

        package static let unidirectional = Layout(
            weights: [1, 2, 3, 4], recurrent: [5, 6, 7, 8], peepholes: [9, 10, 11], biases: [12, 13, 14, 15],
            projection: 16, projectionBias: 17, hidden: 18, cell: 19, normalization: [20, 21, 22, 23], extraWeights: [])
        package static let forward = Layout(
            weights: [1, 2, 3, 4], recurrent: [5, 6, 7, 8], peepholes: [9, 10, 11], biases: [12, 13, 14, 15],
            projection: 16, projectionBias: 17, hidden: 35, cell: 36, normalization: [], extraWeights: [40, 41, 42, 43])
        package static let backward = Layout(
            weights: [18, 19, 20, 21], recurrent: [22, 23, 24, 25], peepholes: [26, 27, 28], biases: [29, 30, 31, 32],
            projection: 33, projectionBias: 34, hidden: 37, cell: 38, normalization: [], extraWeights: [44, 45, 46, 47])
    }

    package var form: Form
    package var activation: Activation
    /// 0 for no limit.
    package var cellClip: Float
    package var projectionClip: Float
    /// Of activations that int8 weights meet as real numbers.
    package var quantizesAsymmetrically: Bool
    /// Of an integer layer: what goes into the gates where they are normalized, and h before the projection.
    package var intermediates: [Quantization?]

    package init(
        _ form: Form, activation: Activation = .tanh, cellClip: Float = 0, projectionClip: Float = 0,
        quantizesAsymmetrically: Bool = false, intermediates: [Quantization?] = []
    ) {
        self.form = form
        self.activation = activation
        self.cellClip = cellClip
        self.projectionClip = projectionClip
        self.quantizesAsymmetrically = quantizesAsymmetrically
        self.intermediates = intermediates
    }

    package var name: String { form == .step ? "LSTM" : "UnidirectionalSequenceLSTM" }

    /// Steps and rows of x.
    package func extents(x: [Int]) -> (steps: Int, batch: Int) {
        switch form {
        case .step: (1, x[0])
        case .sequence(let isTimeMajor): isTimeMajor ? (x[0], x[1]) : (x[1], x[0])
        }
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(20, upTo: 24)
        guard let x = try operands.sizes(0) else { return nil }
        try operands.requireShape(x.count == (form == .step ? 2 : 3), x)
        let outputs = try FusedLSTM.check(operands, .unidirectional, x: x, batch: extents(x: x).batch, extra: nil)
        guard let outputs else { return nil }
        return try Operands.result(try operands.required(0).type, x.dropLast() + [outputs])
    }

    /// Checks the shapes of one direction.
    ///
    /// - Returns: how many elements h has; nil if it is not known.
    static func check(
        _ operands: Operands, _ layout: Layout, x: [Int], batch: Int, extra: [Int]?
    ) throws(GraphError) -> Int? {
        guard let weights = try operands.sizes(layout.weights[3]),
            let recurrent = try operands.sizes(layout.recurrent[3])
        else { return nil }
        guard weights.count == 2, recurrent.count == 2, let inputs = x.last else {
            throw GraphError(.invalidShape, "an LSTM of weights \(Shape(weights)) and \(Shape(recurrent))")
        }
        let (cells, outputs) = (weights[0], recurrent[1])
        for gate in 0..<4 {
            // Without weights of the input gate, it is what the forget gate leaves.
            if gate > 0 {
                _ = try operands.required(layout.weights[gate])
                _ = try operands.required(layout.recurrent[gate])
            }
            try operands.require(layout.weights[gate], [cells, inputs])
            try operands.require(layout.recurrent[gate], [cells, outputs])
            try operands.require(layout.biases[gate], [cells])
            if !layout.normalization.isEmpty { try operands.require(layout.normalization[gate], [cells]) }
            if let extra, let size = extra.last, !layout.extraWeights.isEmpty {
                try operands.require(layout.extraWeights[gate], [cells, size])
            }
        }
        guard (operands.optional(layout.weights[0]) == nil) == (operands.optional(layout.recurrent[0]) == nil) else {
            throw GraphError(.invalidAttribute, "an input gate with half of its weights")
        }
        for index in layout.peepholes { try operands.require(index, [cells]) }
        if operands.optional(layout.projection) == nil, outputs != cells {
            throw GraphError(.invalidShape, "\(cells) cells for \(outputs) outputs without a projection")
        }
        try operands.require(layout.projection, [outputs, cells])
        try operands.require(layout.projectionBias, [outputs])
        for (index, size) in [(layout.hidden, outputs), (layout.cell, cells)] {
            let state = try operands.required(index).shape?.sizes
            guard state.map({ $0.reduce(1, *) == batch &* size }) ?? true else {
                throw GraphError(.invalidShape, "a state of shape \(Shape(state ?? [])) for \(batch) rows of \(size)")
            }
        }
        return outputs
    }
}

/// TFLite's BIDIRECTIONAL_SEQUENCE_LSTM. Operands: those of `FusedLSTM` for each direction, and perhaps a second input
/// with its weights. Results: h of both directions, side by side or by themselves.
package struct FusedBidirectionalLSTM: Operation, Equatable {
    package var isTimeMajor: Bool
    package var mergesOutputs: Bool
    package var activation: Activation
    package var cellClip: Float
    package var projectionClip: Float
    package var quantizesAsymmetrically: Bool

    package init(
        isTimeMajor: Bool, mergesOutputs: Bool, activation: Activation = .tanh, cellClip: Float = 0,
        projectionClip: Float = 0, quantizesAsymmetrically: Bool = false
    ) {
        self.isTimeMajor = isTimeMajor
        self.mergesOutputs = mergesOutputs
        self.activation = activation
        self.cellClip = cellClip
        self.projectionClip = projectionClip
        self.quantizesAsymmetrically = quantizesAsymmetrically
    }

    package var name: String { "BidirectionalSequenceLSTM" }
    /// Where the second input stands.
    package static let extra = 39

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(39, upTo: 48)
        guard let x = try operands.sizes(0), let extra = try operands.optionalSizes(Self.extra) else { return nil }
        try operands.requireShape(x.count == 3, x)
        if let extra, extra.count != 3 || extra[..<2] != x[..<2] {
            throw GraphError(.invalidShape, "a second input of shape \(Shape(extra)) beside \(Shape(x))")
        }
        let batch = isTimeMajor ? x[1] : x[0]
        // Without weights of its own, the second input is what the second direction reads.
        let isOther = extra != nil && operands.optional(FusedLSTM.Layout.forward.extraWeights[3]) == nil
        guard
            let forward = try FusedLSTM.check(
                operands, .forward, x: x, batch: batch, extra: isOther ? nil : extra),
            let backward = try FusedLSTM.check(
                operands, .backward, x: (isOther ? extra : nil) ?? x, batch: batch, extra: isOther ? nil : extra)
        else { return nil }
        let type = try operands.required(0).type
        let outer = Array(x[..<2])
        if mergesOutputs { return try Operands.result(type, outer + [forward &+ backward]) }
        return try Operands.result(type, outer + [forward]) + Operands.result(type, outer + [backward])
    }
}
