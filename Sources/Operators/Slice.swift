import ModelGraph

/// A part of each of some axes. Operands: x, starts, ends, and optionally axes (the first ones otherwise) and steps (1
/// otherwise). Positions count from the end of the axis when negative, and are cut off at its ends.
package struct Slice: Operation, Equatable {
    /// Whether the ends are extents instead, of which -1 is all the rest. Nothing is cut off then.
    package var endsAreSizes: Bool
    package init(endsAreSizes: Bool = false) { self.endsAreSizes = endsAreSizes }
    package var name: String { "Slice" }

    /// What is read of each axis of x.
    ///
    /// - Throws: `GraphError` if the operands do not fit each other or x, or a step is 0.
    package func runs(
        x: [Int], starts: [Int], ends: [Int], axes: [Int]?, steps: [Int]?
    ) throws(GraphError) -> [StridedSlice.Run] {
        let axes = axes ?? Array(starts.indices)
        let steps = steps ?? Array(repeating: 1, count: starts.count)
        guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count else {
            throw GraphError(
                .invalidShape,
                "\(starts.count) starts, \(ends.count) ends, \(axes.count) axes and \(steps.count) steps")
        }
        var runs = x.map { StridedSlice.Run(start: 0, step: 1, count: $0) }
        for (entry, axis) in axes.enumerated() {
            let axis = try Operands.axis(axis, rank: x.count)
            if endsAreSizes {
                let (start, size) = (starts[entry], ends[entry] == -1 ? x[axis] &- starts[entry] : ends[entry])
                guard (0...x[axis]).contains(start), (0...(x[axis] - start)).contains(size) else {
                    throw GraphError(
                        .invalidAttribute, "\(size) elements from \(start) of an axis of extent \(x[axis])")
                }
                runs[axis] = StridedSlice.Run(start: start, step: 1, count: size)
                continue
            }
            runs[axis] = try Slice.run(size: x[axis], start: starts[entry], end: ends[entry], step: steps[entry])
        }
        return runs
    }

    private static func run(size: Int, start: Int, end: Int, step: Int) throws(GraphError) -> StridedSlice.Run {
        guard step != 0 else { throw GraphError(.invalidAttribute, "a step of 0") }
        // A longer step reaches no further than the end of the axis.
        let step = max(-Int(Int32.max), min(Int(Int32.max), step))
        let bounds = step > 0 ? 0...size : -1...(size - 1)
        func position(_ value: Int, from lower: Int) -> Int {
            max(lower, min(bounds.upperBound, value < 0 ? value &+ size : value))
        }
        let first = position(start, from: max(0, bounds.lowerBound))
        let last = position(end, from: bounds.lowerBound)
        let distance = step > 0 ? last - first : first - last
        let count = size == 0 || distance <= 0 ? 0 : (distance - 1) / abs(step) + 1
        return StridedSlice.Run(start: count == 0 ? 0 : first, step: step, count: count)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: 5)
        guard let x = try operands.sizes(0), let starts = try operands.integers(1), let ends = try operands.integers(2)
        else { return nil }
        var axes: [Int]?
        var steps: [Int]?
        if operands.optional(3) != nil {
            guard let given = try operands.integers(3) else { return nil }
            axes = given
        }
        if operands.optional(4) != nil {
            guard let given = try operands.integers(4) else { return nil }
            steps = given
        }
        let runs = try self.runs(x: x, starts: starts, ends: ends, axes: axes, steps: steps)
        return try Operands.result(try operands.required(0).type, runs.map(\.count))
    }
}
