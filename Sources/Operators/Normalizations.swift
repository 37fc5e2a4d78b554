import ModelGraph

/// y = scale · x / √(mean of x² + ε) over an axis and all behind it. Operands: x, scale, which broadcasts to x.
package struct RMSNormalization: Operation, Equatable {
    package var axis: Int
    package var epsilon: Float

    package init(axis: Int = -1, epsilon: Float = 1e-5) {
        self.axis = axis
        self.epsilon = epsilon
    }

    package var name: String { "RMSNormalization" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let scale = try operands.sizes(1) else { return nil }
        _ = try Operands.axis(axis, rank: x.count)
        guard scale.count <= x.count, zip(scale.reversed(), x.reversed()).allSatisfy({ $0 == 1 || $0 == $1 }) else {
            throw GraphError(.invalidShape, "scales of shape \(Shape(scale)) for an input of shape \(Shape(x))")
        }
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// y = scale · (x − μ)/√(σ² + ε) + bias with the mean and variance of groups of channels of each sample; a group of one
/// channel makes it an instance normalization. Operands: x [N, C, …], scale, bias: [C], or one of each group.
package struct GroupNormalization: Operation, Equatable {
    /// nil for as many as there are channels.
    package var groups: Int?
    package var epsilon: Float
    /// Whether scale and bias are those of groups, as ONNX first had it.
    package var scalesGroups: Bool

    package init(groups: Int?, epsilon: Float = 1e-5, scalesGroups: Bool = false) {
        self.groups = groups
        self.epsilon = epsilon
        self.scalesGroups = scalesGroups
    }

    package var name: String { groups == nil ? "InstanceNormalization" : "GroupNormalization" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3)
        guard let x = try operands.sizes(0) else { return nil }
        try operands.requireShape(x.count >= 2, x)
        let groups = groups ?? x[1]
        guard groups > 0, x[1].isMultiple(of: groups) else {
            throw GraphError(.invalidAttribute, "\(groups) groups of \(x[1]) channels")
        }
        for index in 1...2 { try operands.require(index, [scalesGroups ? groups : x[1]]) }
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// x over its norm along an axis: Σ|x| or √Σx². What has no norm is zero.
package struct LpNormalization: Operation, Equatable {
    package enum Norm: Int, Sendable { case l1 = 1, l2 = 2 }

    package var norm: Norm
    package var axis: Int
    /// The least norm to divide by.
    package var epsilon: Float

    package init(_ norm: Norm, axis: Int = -1, epsilon: Float = 0) {
        self.norm = norm
        self.axis = axis
        self.epsilon = epsilon
    }

    package var name: String { "LpNormalization" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        _ = try Operands.axis(axis, rank: x.count)
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// (x − μ)/(σ + 10⁻⁹) over some axes.
package struct MeanVarianceNormalization: Operation, Equatable {
    package var axes: [Int]
    package init(axes: [Int] = [0, 2, 3]) { self.axes = axes }
    package var name: String { "MeanVarianceNormalization" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        _ = try Reduce.mask(axes: axes, rank: x.count)
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// A batch normalization while training: by the mean and variance of the batch.
///
/// Operands: those of `BatchNormalization`. Results: y, and the running mean and variance [C].
package struct TrainingBatchNormalization: Operation, Equatable {
    package var epsilon: Float
    /// running = before · momentum + new · (1 − momentum)
    package var momentum: Float

    package init(epsilon: Float = 1e-5, momentum: Float = 0.9) {
        self.epsilon = epsilon
        self.momentum = momentum
    }

    package var name: String { "TrainingBatchNormalization" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        guard let y = try BatchNormalization().inferOutputs(from: inputs), let channels = try operands.sizes(0)?[1]
        else { return nil }
        return y + (try Operands.result(try operands.required(3).type, [channels]))
            + (try Operands.result(try operands.required(4).type, [channels]))
    }
}
