/// How the elements of a sparse constant are stored, as TFLite has it.
///
/// The axes of the tensor, and of the blocks that it is made of, are levels of a tree. A dense level has a branch for each
/// position; a compressed one has the branches that `indices` names, from `segments[p]` up to `segments[p + 1]` for branch
/// p of the level above. The leaves are the stored elements, in order.
///
/// - Source: Tensor Algebra Compiler formats; TFLite's schema, table SparsityParameters.
package struct Sparsity: Sendable, Hashable {
    package enum Level: Sendable, Hashable {
        case dense(size: Int)
        case compressed(segments: [Int], indices: [Int])
    }

    /// For each level the axis of the tensor, or its rank plus the axis of a block.
    package var order: [Int]
    /// For each axis of a block the tensor's axis.
    package var blockAxes: [Int]
    package var levels: [Level]

    package init(order: [Int], blockAxes: [Int], levels: [Level]) {
        self.order = order
        self.blockAxes = blockAxes
        self.levels = levels
    }

    /// All elements in row-major order, with zeros where none is stored.
    ///
    /// - Throws: `GraphError` if the encoding does not fit the shape or the data, or elements do not fill whole bytes.
    package func densified(_ data: TensorData, type: ElementType, sizes: [Int]) throws(GraphError) -> TensorData {
        let wrong = GraphError(.invalidShape, "the sparse encoding does not fit the shape \(Shape(sizes))")
        guard let bits = type.bitWidth, bits >= 8, let count = Shape.elementCount(sizes),
            let byteCount = type.byteCount(of: count)
        else { throw GraphError(.unsupported, "sparse tensors of type \(type)") }
        let rank = sizes.count
        guard rank > 0, order.count == levels.count, order.count == rank + blockAxes.count, order.count <= 32,
            order.sorted().elementsEqual(order.indices), blockAxes.allSatisfy(sizes.indices.contains),
            byteCount <= 1 << 34
        else { throw wrong }
        // How far apart neighbours along each level lie.
        var strides = Array(repeating: 1, count: rank)
        for axis in sizes.indices.reversed().dropFirst() { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
        var blocks = Array(repeating: 1, count: rank)
        for (level, axis) in order.enumerated() where axis >= rank {
            guard case .dense(let size) = levels[level], size > 0, blocks[blockAxes[axis - rank]] == 1 else {
                throw wrong
            }
            blocks[blockAxes[axis - rank]] = size
        }
        var steps: [Int] = []
        var extents: [Int] = []
        for axis in order {
            let own = axis < rank ? axis : blockAxes[axis - rank]
            guard sizes[own].isMultiple(of: blocks[own]) else { throw wrong }
            steps.append(axis < rank ? strides[own] * blocks[own] : strides[own])
            extents.append(axis < rank ? sizes[own] / blocks[own] : blocks[own])
        }
        for (level, extent) in zip(levels, extents) {
            if case .dense(let size) = level, size != extent || size == 0 { throw wrong }
        }
        let size = bits / 8
        var walk = Walk(levels: levels, steps: steps, extents: extents)
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let isWhole = data.withUnsafeBytes { source in
            walk.visit(0, branch: 0, offset: 0) { leaf, offset in
                guard leaf < source.count / size, offset < count else { return false }
                for byte in 0..<size { bytes[offset * size + byte] = source[leaf * size + byte] }
                return true
            } && walk.leaves == source.count / size
        }
        guard isWhole else { throw wrong }
        return TensorData(bytes: bytes)
    }

    private struct Walk {
        let levels: [Level]
        let steps: [Int]
        let extents: [Int]
        var leaves = 0

        /// Visits the leaves below a branch; false if something does not fit.
        mutating func visit(_ level: Int, branch: Int, offset: Int, _ body: (Int, Int) -> Bool) -> Bool {
            guard level < levels.count else {
                defer { leaves += 1 }
                return body(leaves, offset)
            }
            switch levels[level] {
            case .dense(let size):
                let (first, overflow) = branch.multipliedReportingOverflow(by: size)
                guard !overflow, first <= 1 << 40 else { return false }
                for position in 0..<size {
                    guard visit(level + 1, branch: first + position, offset: offset + position * steps[level], body)
                    else { return false }
                }
            case .compressed(let segments, let indices):
                guard branch + 1 < segments.count, segments[branch] >= 0, segments[branch] <= segments[branch + 1],
                    segments[branch + 1] <= indices.count
                else { return false }
                for place in segments[branch]..<segments[branch + 1] {
                    guard (0..<extents[level]).contains(indices[place]),
                        visit(level + 1, branch: place, offset: offset + indices[place] * steps[level], body)
                    else { return false }
                }
            }
            return true
        }
    }
}
