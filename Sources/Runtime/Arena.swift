/// A stretch of memory that is needed from one step to another.
struct ArenaBuffer: Sendable, Equatable {
    var byteCount: Int
    /// The first and last step that touch it.
    var first: Int
    var last: Int
    var offset = 0
}

/// Places buffers in one arena so that those alive at the same time do not overlap.
///
/// Greedy by size: the largest buffer first, each at the lowest offset where it fits (Pisarchyk and Lee 2020,
/// "Efficient Memory Management for Deep Neural Net Inference", section 4).
enum ArenaPlanner {
    static let alignment = 64

    /// Sets the offsets; returns the arena's size, or nil if it cannot be counted.
    /// - Complexity: O(n²).
    static func place(_ buffers: inout [ArenaBuffer]) -> Int? {
        let order = buffers.indices.sorted {
            (buffers[$1].byteCount, buffers[$0].first, $0) < (buffers[$0].byteCount, buffers[$1].first, $1)
        }
        // Kept in the order of their offsets.
        var placed: [Int] = []
        var total = 0
        for index in order {
            let (rounded, overflow) = buffers[index].byteCount.addingReportingOverflow(alignment - 1)
            guard !overflow else { return nil }
            let size = rounded / alignment * alignment
            buffers[index].byteCount = size
            var offset = 0
            for other in placed
            where buffers[other].first <= buffers[index].last && buffers[index].first <= buffers[other].last {
                if buffers[other].offset - offset >= size { break }
                offset = max(offset, buffers[other].offset + buffers[other].byteCount)
            }
            let (end, endOverflow) = offset.addingReportingOverflow(size)
            guard !endOverflow, end <= Int.max / 2 else { return nil }
            buffers[index].offset = offset
            total = max(total, end)
            let position = placed.firstIndex { buffers[$0].offset > offset } ?? placed.count
            placed.insert(index, at: position)
        }
        return total
    }
}
