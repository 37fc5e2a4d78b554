import ModelGraph

extension FlatTable {
    /// `sparsity` of a tensor; nil if it is not there, or says what we do not know.
    var sparsity: Sparsity? {
        guard let table = child("sparsity"), let order = table.integers("traversal_order") else { return nil }
        var levels: [Sparsity.Level] = []
        for level in table.children("dim_metadata") {
            switch level.integer("format") {
            case 0: levels.append(.dense(size: level.integer("dense_size")))
            case 1:
                guard let segments = level.child("array_segments")?.integers("values"),
                    let indices = level.child("array_indices")?.integers("values")
                else { return nil }
                levels.append(.compressed(segments: segments, indices: indices))
            default: return nil
            }
        }
        return Sparsity(order: order, blockAxes: table.integers("block_map") ?? [], levels: levels)
    }
}
