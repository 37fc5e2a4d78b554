/// The two orders of axes that a tensor with channels can have: N, C, spatial… and N, spatial…, C.
enum ChannelOrder {
    /// For each axis of the channels-last order, the axis of the channels-first one.
    static func toLast(rank: Int) -> [Int] { rank < 3 ? Array(0..<rank) : [0] + Array(2..<rank) + [1] }

    /// For each axis of the channels-first order, the axis of the channels-last one.
    static func toFirst(rank: Int) -> [Int] { rank < 3 ? Array(0..<rank) : [0, rank - 1] + Array(1..<(rank - 1)) }

    /// Whether permuting axes leaves the elements where they are: those longer than 1 keep their order.
    static func isStill(_ permutation: [Int], sizes: [Int]) -> Bool {
        let long = permutation.filter { sizes[$0] != 1 }
        return long == long.sorted()
    }
}
