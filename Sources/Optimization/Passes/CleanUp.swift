import ModelGraph

/// Repeats the passes of `Pipeline.cleanUpPasses` until none of them finds anything to do.
///
///     fold-constants → remove-identities → … → fuse-activations → again, as long as something changed
///
/// Operators that one of them leaves without a reader are removed before the next one looks. The rounds are bounded.
package struct CleanUpPass: Pass {
    package static let name = "clean-up"
    package static let summary = "repeat all passes that keep what the model computes, until none finds anything"

    private static let roundLimit = 8

    package private(set) var notes: [String] = []
    private let context: PassContext
    /// What stood unused at first is not ours to tidy.
    private let unusedBefore: Set<NodeID>
    private var passes: [any Pass] = []
    private var position = 0
    private var round = 0
    private var hasChanged = true

    package init(context: PassContext) throws(PassError) {
        self.context = context
        unusedBefore = context.model.main.unusedNodes()
    }

    package mutating func next(in graph: Graph) throws(PassError) -> GraphPatch? {
        while true {
            if position == passes.count {
                guard hasChanged, round < Self.roundLimit else { return nil }
                passes = try Self.make(context)
                (position, hasChanged) = (0, false)
                round += 1
            }
            if let patch = try passes[position].next(in: graph) {
                hasChanged = true
                return patch
            }
            if let patch = deadCode(in: graph) { return patch }
            // The last round sees all that is left alone.
            notes = position == 0 ? passes[0].notes : notes + passes[position].notes
            position += 1
        }
    }

    private static func make(_ context: PassContext) throws(PassError) -> [any Pass] {
        var passes: [any Pass] = []
        for type in Pipeline.cleanUpTypes { passes.append(try type.init(context: context)) }
        return passes
    }

    private func deadCode(in graph: Graph) -> GraphPatch? {
        let dead = graph.deadNodes(keeping: unusedBefore)
        guard !dead.isEmpty else { return nil }
        var patch = GraphPatch("remove \(dead.count) operators that nothing reads", for: graph)
        for id in dead.sorted() { patch.removeNode(id) }
        return patch
    }
}
