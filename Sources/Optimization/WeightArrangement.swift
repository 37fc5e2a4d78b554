import Runtime

/// How the output channels of a linear operator stand in the memory of its weights.
///
/// The element of channel `c` at (`o`, `i`) stands at (o · channels + c) · inner + i, where `inner` is the extent behind
/// the channel axis and `outer` the extent before it. In a transposed convolution with groups the outermost axis is split
/// among them, and each part holds other channels along the same axis.
package struct WeightArrangement: Sendable, Equatable {
    package let outer: Int
    package let channels: Int
    package let inner: Int
    /// The parts of the outermost axis that hold channels of their own.
    package let groups: Int

    /// - Precondition: `axis` is one of `sizes`, and `groups` divides the extent before it.
    package init(sizes: [Int], channelAxis axis: Int, groups: Int = 1) {
        outer = sizes[..<axis].reduce(1, *) / groups
        channels = sizes[axis] * groups
        inner = sizes[(axis + 1)...].reduce(1, *)
        self.groups = groups
    }

    package var count: Int { outer * channels * inner }

    /// The indices of one channel's elements.
    package func forEachIndex(ofChannel channel: Int, _ body: (Int) -> Void) {
        let perGroup = channels / groups
        let (group, place) = channel.quotientAndRemainder(dividingBy: max(1, perGroup))
        for o in group * outer..<(group + 1) * outer {
            let start = (o * perGroup + place) * inner
            for index in start..<start + inner { body(index) }
        }
    }

    /// The same as the arithmetic on weights takes it.
    package var layout: ChannelLayout {
        ChannelLayout(groups: groups, outer: outer, channels: channels / groups, run: inner)
    }
}
