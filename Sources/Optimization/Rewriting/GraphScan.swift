import ModelGraph

/// A walk over a graph's nodes that goes on where the last match was, so that a pass with many patches need not begin anew
/// for each of them.
///
/// At the end it begins anew if there were matches, as each may have led to others ahead of it; so the walk ends when a
/// whole round finds nothing.
struct GraphScan {
    private var position = 0
    private var hasMatched = false

    /// What a patch takes away ahead of the position moves the rest forward.
    private static let stepBack = 4

    /// What the first node yields for which there is anything.
    mutating func next<Result, Failure: Error>(
        in graph: Graph, _ match: (NodeID) throws(Failure) -> Result?
    ) throws(Failure) -> Result? {
        position = max(0, position - Self.stepBack)
        while true {
            while position < graph.order.count {
                if let result = try match(graph.order[position]) {
                    hasMatched = true
                    return result
                }
                position += 1
            }
            position = 0
            guard hasMatched else { return nil }
            hasMatched = false
        }
    }
}
