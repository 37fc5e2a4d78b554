import ModelGraph

/// A strided part of a tensor. Operands: x, begin, end, strides. A mask's bit k speaks of entry k of the operands.
package struct StridedSlice: Operation, Equatable {
    package var beginMask: Int
    package var endMask: Int
    package var ellipsisMask: Int
    package var newAxisMask: Int
    package var shrinkAxisMask: Int
    /// Whether `end` counts from `begin`.
    package var offset: Bool
    package init(
        beginMask: Int = 0, endMask: Int = 0, ellipsisMask: Int = 0, newAxisMask: Int = 0, shrinkAxisMask: Int = 0,
        offset: Bool = false
    ) {
        self.beginMask = beginMask
        self.endMask = endMask
        self.ellipsisMask = ellipsisMask
        self.newAxisMask = newAxisMask
        self.shrinkAxisMask = shrinkAxisMask
        self.offset = offset
    }
    package var name: String { "StridedSlice" }

    /// What is read of one axis.
    package struct Run: Sendable, Equatable {
        package var start: Int
        package var step: Int
        package var count: Int
    }

    /// What is read of each axis of x, and the shape of the result.
    ///
    /// - Throws: `GraphError` if the operands do not fit x, a stride is zero, or an index is out of range.
    package func resolve(
        x: [Int], begin: [Int], end: [Int], strides: [Int]
    ) throws(GraphError) -> (runs: [Run], shape: [Int]) {
        guard begin.count == end.count, begin.count == strides.count, begin.count < 32 else {
            throw GraphError(.invalidShape, "\(begin.count) begins, \(end.count) ends, \(strides.count) strides")
        }
        func has(_ mask: Int, _ entry: Int) -> Bool { mask >> entry & 1 == 1 }
        let ellipsis = begin.indices.first { has(ellipsisMask, $0) }
        let named = begin.indices.filter { !has(newAxisMask, $0) && $0 != ellipsis }.count
        guard named <= x.count else {
            throw GraphError(.invalidShape, "\(named) entries for a tensor of rank \(x.count)")
        }
        var entries = begin.indices
        var skipped = x.count - named
        // Where the ellipsis is left no axis, LiteRT gives it one all the same, and drops the last entry.
        if let ellipsis, skipped == 0, let last = entries.last, last != ellipsis, !has(newAxisMask, last) {
            (entries, skipped) = (entries.dropLast(), 1)
        }
        var runs: [Run] = []
        var shape: [Int] = []
        func keepAxis() {
            shape.append(x[runs.count])
            runs.append(Run(start: 0, step: 1, count: x[runs.count]))
        }
        for entry in entries {
            if entry == ellipsis {
                for _ in 0..<skipped { keepAxis() }
            } else if has(newAxisMask, entry) {
                shape.append(1)
            } else {
                let size = x[runs.count]
                let run = try self.run(
                    size: size, begin: has(beginMask, entry) ? nil : begin[entry],
                    end: has(endMask, entry) ? nil : end[entry], stride: strides[entry],
                    isSingle: has(shrinkAxisMask, entry))
                if !has(shrinkAxisMask, entry) { shape.append(run.count) }
                runs.append(run)
            }
        }
        while runs.count < x.count { keepAxis() }
        return (runs, shape)
    }

    private func run(size: Int, begin: Int?, end: Int?, stride: Int, isSingle: Bool) throws(GraphError) -> Run {
        // Larger numbers mean the same as these, and sums of these cannot overflow.
        func clamp(_ value: Int, _ lower: Int, _ upper: Int) -> Int { max(lower, min(upper, value)) }
        let limit = Int(Int32.max)
        let stride = clamp(stride, -limit, limit)
        guard stride != 0 else { throw GraphError(.invalidAttribute, "a stride of 0") }
        var start = begin.map { clamp($0, -limit - 1, limit) } ?? (stride > 0 ? 0 : size - 1)
        let counted = end.map { clamp($0, -limit - 1, limit) + (offset ? start : 0) }
        if start < 0 { start += size }
        if isSingle {
            guard (0..<size).contains(start) else {
                throw GraphError(.invalidAttribute, "index \(start) of an axis of extent \(size)")
            }
            return Run(start: start, step: 1, count: 1)
        }
        start = stride > 0 ? clamp(start, 0, size) : clamp(start, -1, size - 1)
        var stop = counted.map { $0 < 0 && !(offset && begin != nil) ? $0 + size : $0 } ?? (stride > 0 ? size : -1)
        stop = stride > 0 ? clamp(stop, 0, size) : clamp(stop, -1, size - 1)
        let distance = stride > 0 ? stop - start : start - stop
        let count = distance <= 0 ? 0 : (distance - 1) / abs(stride) + 1
        return Run(start: count == 0 ? 0 : start, step: stride, count: count)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(4)
        guard let x = try operands.sizes(0), let begin = try operands.integers(1), let end = try operands.integers(2),
            let strides = try operands.integers(3)
        else { return nil }
        let (_, shape) = try resolve(x: x, begin: begin, end: end, strides: strides)
        return try Operands.result(try operands.required(0).type, shape)
    }
}
