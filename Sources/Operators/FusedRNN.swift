import ModelGraph

/// TFLite's RNN and its sequences: h = activation(W·x + R·h + b), with the state updated in place.
///
/// Operands: x, weights [H, I], recurrent weights [H, H], bias [H], state [B, H]; in two directions the latter four twice,
/// and perhaps a second input with its weights of each direction. Results: h of each step.
package struct FusedRNN: Operation, Equatable {
    package enum Form: Sendable, Equatable {
        case step
        case sequence(isTimeMajor: Bool)
        case bidirectional(isTimeMajor: Bool, mergesOutputs: Bool)
    }

    package var form: Form
    package var activation: Activation
    package var quantizesAsymmetrically: Bool

    package init(_ form: Form, activation: Activation = .tanh, quantizesAsymmetrically: Bool = false) {
        self.form = form
        self.activation = activation
        self.quantizesAsymmetrically = quantizesAsymmetrically
    }

    package var name: String {
        switch form {
        case .step: "FusedRNN"
        case .sequence: "UnidirectionalSequenceRNN"
        case .bidirectional: "BidirectionalSequenceRNN"
        }
    }

    package var directions: Int { if case .bidirectional = form { 2 } else { 1 } }

    package var isTimeMajor: Bool {
        switch form {
        case .step: false
        case .sequence(let isTimeMajor), .bidirectional(let isTimeMajor, _): isTimeMajor
        }
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(directions == 1 ? 5 : 9, upTo: directions == 1 ? 5 : 12)
        guard let x = try operands.sizes(0), let second = try operands.optionalSizes(9) else { return nil }
        try operands.requireShape(x.count == (form == .step ? 2 : 3), x)
        let isOther = second != nil && operands.optional(10) == nil
        var sizes: [Int] = []
        for direction in 0..<directions {
            let first = 1 + direction * 4
            let read = direction == 1 && isOther ? second ?? x : x
            guard let weights = try operands.sizes(first), let inputs = read.last else { return nil }
            guard weights.count == 2, weights[1] == inputs, read.count == x.count, read.dropLast() == x.dropLast()
            else {
                throw GraphError(.invalidShape, "weights of shape \(Shape(weights)) for \(Shape(read))")
            }
            try operands.require(first + 1, [weights[0], weights[0]])
            try operands.require(first + 2, [weights[0]])
            let batch = form == .step ? x[0] : isTimeMajor ? x[1] : x[0]
            try operands.require(first + 3, [batch, weights[0]])
            for index in first...first + 3 { _ = try operands.required(index) }
            if let second, !isOther, let size = second.last {
                try operands.require(10 + direction, [weights[0], size])
            }
            sizes.append(weights[0])
        }
        let type = try operands.required(0).type
        let outer = Array(x.dropLast())
        if case .bidirectional(_, let mergesOutputs) = form, mergesOutputs {
            return try Operands.result(type, outer + [sizes.reduce(0, &+)])
        }
        var results: [TensorFacts] = []
        for size in sizes { results += try Operands.result(type, outer + [size]) }
        return results
    }
}

/// TFLite's SVDF: each unit sums `rank` filters, each of which is a product of weights over features and over time.
///
/// Operands: x [B, I], feature weights [U·rank, I], time weights [U·rank, T], perhaps a bias [U], and the memories
/// [B, U·rank·T], updated in place. Result: y [B, U].
package struct RankFilter: Operation, Equatable {
    package var rank: Int
    package var activation: Activation
    package var quantizesAsymmetrically: Bool

    package init(rank: Int, activation: Activation = .none, quantizesAsymmetrically: Bool = false) {
        self.rank = rank
        self.activation = activation
        self.quantizesAsymmetrically = quantizesAsymmetrically
    }

    package var name: String { "SVDF" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(5)
        guard let x = try operands.sizes(0), let features = try operands.sizes(1), let time = try operands.sizes(2)
        else {
            return nil
        }
        guard x.count == 2, features.count == 2, time.count == 2, features[1] == x[1], time[0] == features[0],
            time[1] > 0, rank > 0, features[0].isMultiple(of: rank)
        else {
            throw GraphError(
                .invalidShape, "filters of shapes \(Shape(features)) and \(Shape(time)) of rank \(rank) for \(Shape(x))"
            )
        }
        let units = features[0] / rank
        try operands.require(3, [units])
        _ = try operands.required(4)
        try operands.require(4, [x[0], features[0] &* time[1]])
        return try Operands.result(try operands.required(0).type, [x[0], units])
    }
}
