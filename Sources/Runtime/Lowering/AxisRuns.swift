import CKernels
import ModelGraph

/// Nested loops over several tensors at once, with neighbouring axes merged wherever all of them allow it.
struct AxisRuns {
    /// Outer loops, outermost first, and the innermost one.
    var sizes: [Int]
    var inner: Int
    /// For each tensor, its stride in each outer loop, and its step in the innermost one.
    var strides: [[Int]]
    var steps: [Int]

    /// - Parameters:
    ///   - sizes: the extents of the loops; none is 0.
    ///   - strides: for each tensor, how many elements apart neighbours along each axis lie.
    init(sizes: [Int], strides: [[Int]]) {
        var merged: [Int] = []
        var mergedStrides = strides.map { _ in [Int]() }
        for axis in sizes.indices where sizes[axis] != 1 {
            let continues =
                !merged.isEmpty
                && strides.indices.allSatisfy {
                    mergedStrides[$0][merged.count - 1] == strides[$0][axis] * sizes[axis]
                }
            if continues {
                merged[merged.count - 1] *= sizes[axis]
                for k in strides.indices { mergedStrides[k][merged.count - 1] = strides[k][axis] }
            } else {
                merged.append(sizes[axis])
                for k in strides.indices { mergedStrides[k].append(strides[k][axis]) }
            }
        }
        inner = merged.popLast() ?? 1
        self.sizes = merged
        steps = mergedStrides.map { $0.last ?? 1 }
        self.strides = mergedStrides.map { $0.isEmpty ? [] : Array($0.dropLast()) }
    }

    var outerCount: Int { sizes.reduce(1, *) }

    /// Cuts a single long run into chunks, so that threads can share it.
    mutating func chunk(by length: Int) {
        guard sizes.isEmpty, inner > length else { return }
        sizes = [(inner + length - 1) / length]
        strides = steps.map { [$0 * length] }
        inner = length
    }

    /// - Throws: `RuntimeError.unsupportedOperator` if there are more loops than a kernel has room for.
    func requireRank(at location: String) throws(RuntimeError) {
        guard sizes.count <= Int(CK_MAX_RANK) else {
            throw RuntimeError(
                .unsupportedOperator, "more than \(CK_MAX_RANK + 1) axes are not supported", at: location)
        }
    }
}

/// The extents of a kernel's parameters, filled from an array.
typealias AxisTuple = (Int, Int, Int, Int, Int, Int, Int, Int)

/// - Precondition: at most eight values.
func axisTuple(_ values: [Int]) -> AxisTuple {
    precondition(values.count <= 8)
    func at(_ index: Int) -> Int { index < values.count ? values[index] : 1 }
    return (at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7))
}
