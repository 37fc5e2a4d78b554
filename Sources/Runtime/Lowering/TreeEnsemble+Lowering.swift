import CKernels
import ModelGraph
import Operators

extension Storage {
    /// A copy of an array.
    func array<Element: BitwiseCopyable>(_ values: [Element]) throws(RuntimeError) -> UnsafeMutablePointer<Element> {
        let memory = try elements(values.count, of: Element.self)
        for (index, value) in values.enumerated() { memory[index] = value }
        return memory
    }
}

extension TreeEnsemble: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == y.type, x.type == .float32 || x.type == .float64 else { throw lowering.unsupportedTypes() }
        guard transform != .probit else {
            throw RuntimeError(.unsupportedOperator, "trees with a probit are not supported", at: lowering.location)
        }
        let storage = lowering.storage
        var members: [Double] = []
        let nodes = branches.map { branch in
            var node = ck_tree_node()
            node.mode = Int32(branch.mode.rawValue)
            node.feature = Int32(truncatingIfNeeded: branch.feature)
            (node.if_true, node.if_false) = (
                Int32(truncatingIfNeeded: branch.ifTrue), Int32(truncatingIfNeeded: branch.ifFalse)
            )
            node.split = branch.split
            (node.members, node.member_count) = (members.count, branch.members.count)
            node.missing_is_true = branch.missingIsTrue ? 1 : 0
            members += branch.members
            return node
        }
        var parameters = ck_trees()
        (parameters.features, parameters.targets) = (x.sizes[1], targets)
        (parameters.trees, parameters.leaf_count) = (roots.count, leaves.count)
        parameters.nodes = UnsafePointer(try storage.array(nodes))
        parameters.roots = UnsafePointer(try storage.array(roots.map { Int32(truncatingIfNeeded: $0) }))
        parameters.members = UnsafePointer(try storage.array(members))
        parameters.leaf_weights = UnsafePointer(try storage.array(leaves.map(\.weight)))
        parameters.leaf_targets = UnsafePointer(
            try storage.array(leaves.map { Int32(truncatingIfNeeded: $0.target) }))
        parameters.aggregate = Int32(aggregate.rawValue)
        parameters.transform = Int32(transform.rawValue)
        try lowering.emit(
            lowering.kernel(.trees, x.type.rawValue), parameters, operands: [.value(x.id), .value(y.id)],
            units: x.sizes[0], cost: saturatingProduct(roots.count, 32))
    }
}

extension TfIdfVectorizer: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == .int32 || x.type == .int64, y.type == .float32 else { throw lowering.unsupportedTypes() }
        let all = try checked(at: lowering.location) { () throws(GraphError) in try sequences() }
        let counted = all.filter { $0.length >= shortest && $0.length <= longest }
        let storage = lowering.storage
        var parameters = ck_ngrams()
        parameters.count = x.sizes.last ?? 1
        (parameters.columns, parameters.grams) = (columnCount, counted.count)
        parameters.lengths = UnsafePointer(try storage.array(counted.map { Int32(truncatingIfNeeded: $0.length) }))
        parameters.columns_of = UnsafePointer(try storage.array(counted.map { Int32(truncatingIfNeeded: $0.column) }))
        parameters.starts = UnsafePointer(try storage.array(counted.map(\.start)))
        parameters.pool = UnsafePointer(try storage.array(pool.map { Int64($0) }))
        if mode != .frequency, !weights.isEmpty {
            parameters.weights = UnsafePointer(try storage.array(counted.map { weights[$0.index] }))
        }
        // More than the whole row cannot be left out.
        parameters.skips = min(max(skips, 0), parameters.count)
        parameters.is_wide = x.type == .int64 ? 1 : 0
        parameters.counts = mode == .presence ? 0 : 1
        let rows = x.sizes.count == 2 ? x.sizes[0] : 1
        try lowering.emit(
            lowering.kernel(.ngrams, "integers"), parameters, operands: [.value(x.id), .value(y.id)], units: rows,
            cost: saturatingProduct(counted.count, parameters.count))
    }
}

extension Binarizer: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.requireFloats()
        let x = try lowering.input(0)
        try lowering.emitChunks(
            lowering.kernel(.threshold, "float32"), ck_threshold(count: x.count, threshold: threshold),
            operands: [.value(x.id), .value(lowering.output.id)], count: x.count)
    }
}

extension ArrayFeatureExtractor: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try Gather(axis: -1).lower(into: &lowering)
    }
}
