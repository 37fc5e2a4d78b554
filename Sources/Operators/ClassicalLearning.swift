import ModelGraph

/// Sums of the leaves that decision trees lead to. Operand: x [N, F]. Result [N, targets].
package struct TreeEnsemble: Operation, Equatable {
    package enum Mode: Int, Sendable { case lessOrEqual, less, greaterOrEqual, greater, equal, notEqual, member }
    package enum Aggregate: Int, Sendable { case average, sum, min, max }
    package enum Transform: Int, Sendable { case none, softmax, logistic, softmaxZero, probit }

    package struct Branch: Sendable, Equatable {
        package var mode: Mode
        package var feature: Int
        package var split: Double
        /// Of mode `member`.
        package var members: [Double]
        /// The branch's place, or −1 − the leaf's.
        package var ifTrue: Int
        package var ifFalse: Int
        package var missingIsTrue: Bool

        package init(
            mode: Mode, feature: Int, split: Double, members: [Double] = [], ifTrue: Int, ifFalse: Int,
            missingIsTrue: Bool
        ) {
            self.mode = mode
            self.feature = feature
            self.split = split
            self.members = members
            self.ifTrue = ifTrue
            self.ifFalse = ifFalse
            self.missingIsTrue = missingIsTrue
        }
    }

    package struct Leaf: Sendable, Equatable {
        package var weight: Double
        package var target: Int

        package init(weight: Double, target: Int) {
            self.weight = weight
            self.target = target
        }
    }

    package var branches: [Branch]
    package var leaves: [Leaf]
    /// Branches, or leaves as in `Branch`.
    package var roots: [Int]
    package var targets: Int
    package var aggregate: Aggregate
    package var transform: Transform

    package init(
        branches: [Branch], leaves: [Leaf], roots: [Int], targets: Int, aggregate: Aggregate = .sum,
        transform: Transform = .none
    ) {
        self.branches = branches
        self.leaves = leaves
        self.roots = roots
        self.targets = targets
        self.aggregate = aggregate
        self.transform = transform
    }

    package var name: String { "TreeEnsemble" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        try operands.requireShape(x.count == 2, x)
        try check(features: x[1])
        return try Operands.result(try operands.required(0).type, [x[0], targets])
    }

    /// - Throws: `GraphError` if something is named that is not there, or a branch can be reached in two ways.
    private func check(features: Int) throws(GraphError) {
        guard targets > 0, !roots.isEmpty, leaves.allSatisfy({ (0..<targets).contains($0.target) }),
            branches.allSatisfy({ (0..<features).contains($0.feature) })
        else { throw GraphError(.invalidAttribute, "trees of features or targets that there are not") }
        var reached = Array(repeating: false, count: branches.count)
        var pending = roots
        while let place = pending.popLast() {
            if place < 0 {
                guard leaves.indices.contains(-1 - place) else {
                    throw GraphError(.invalidAttribute, "a tree names leaf \(-1 - place) of \(leaves.count)")
                }
                continue
            }
            guard branches.indices.contains(place), !reached[place] else {
                throw GraphError(.invalidAttribute, "a tree names branch \(place) twice, or there is none")
            }
            reached[place] = true
            pending += [branches[place].ifTrue, branches[place].ifFalse]
        }
    }
}

/// How often known sequences of integers occur in rows. Operand: x [C] or [N, C]. Result float32 [.., columns].
package struct TfIdfVectorizer: Operation, Equatable {
    package enum Mode: String, Sendable {
        case frequency = "TF"
        case presence = "IDF"
        case weightedFrequency = "TFIDF"
    }

    package var mode: Mode
    package var shortest: Int
    package var longest: Int
    /// How many elements may be left out between neighbours.
    package var skips: Int
    /// All sequences, those of one length side by side, and where each length starts.
    package var pool: [Int]
    package var starts: [Int]
    /// The column of each sequence.
    package var columns: [Int]
    /// Of the sequences; none for 1.
    package var weights: [Float]

    package init(
        mode: Mode, shortest: Int, longest: Int, skips: Int, pool: [Int], starts: [Int], columns: [Int],
        weights: [Float] = []
    ) {
        self.mode = mode
        self.shortest = shortest
        self.longest = longest
        self.skips = skips
        self.pool = pool
        self.starts = starts
        self.columns = columns
        self.weights = weights
    }

    package var name: String { "TfIdfVectorizer" }
    package var columnCount: Int { (columns.max() ?? -1) &+ 1 }

    /// The sequences, as where they stand among all, where they start in the pool, their length and their column.
    ///
    /// - Throws: `GraphError` if the attributes do not fit each other.
    package func sequences() throws(GraphError) -> [(index: Int, start: Int, length: Int, column: Int)] {
        var sequences: [(index: Int, start: Int, length: Int, column: Int)] = []
        for (index, start) in starts.enumerated() {
            let length = index + 1
            let end = index + 1 < starts.count ? starts[index + 1] : pool.count
            guard start >= 0, start <= end, end <= pool.count, (end - start).isMultiple(of: length) else {
                throw GraphError(.invalidAttribute, "sequences of length \(length) from \(start) to \(end)")
            }
            for first in stride(from: start, to: end, by: length) {
                guard sequences.count < columns.count else {
                    throw GraphError(.invalidAttribute, "more sequences than columns for them")
                }
                sequences.append((sequences.count, first, length, columns[sequences.count]))
            }
        }
        guard columns.allSatisfy({ (0..<Int(Int32.max)).contains($0) }), skips >= 0, shortest > 0,
            weights.isEmpty || weights.count >= sequences.count
        else { throw GraphError(.invalidAttribute, "columns, weights or skips that cannot be") }
        return sequences
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        try operands.requireShape(x.count <= 2, x)
        _ = try sequences()
        return try Operands.result(.float32, (x.count == 2 ? [x[0]] : []) + [columnCount])
    }
}

/// 1 for what is above a threshold, 0 for the rest.
package struct Binarizer: Operation, Equatable {
    package var threshold: Float
    package init(threshold: Float = 0) { self.threshold = threshold }
    package var name: String { "Binarizer" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(1)
        guard let x = try operands.sizes(0) else { return nil }
        return try Operands.result(try operands.required(0).type, x)
    }
}

/// Some entries of the last axis. Operands: x [.., C], indices int64.
package struct ArrayFeatureExtractor: Operation, Equatable {
    package init() {}
    package var name: String { "ArrayFeatureExtractor" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let indices = try operands.sizes(1),
            let count = Shape.elementCount(indices)
        else { return nil }
        try operands.requireShape(!x.isEmpty, x)
        if let known = try operands.integers(1), let wrong = known.first(where: { $0 < 0 || $0 >= x[x.count - 1] }) {
            throw GraphError(.invalidAttribute, "index \(wrong) of an axis of extent \(x[x.count - 1])")
        }
        return try Operands.result(
            try operands.required(0).type, x.count == 1 ? [1, count] : x.dropLast() + [count])
    }
}
