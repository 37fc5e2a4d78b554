import CKernels

/// How the channels of weights stand in memory: elements [groups, outer, channels, run], of which each group has channels of
/// its own.
package struct ChannelLayout: Sendable, Equatable {
    package var groups: Int
    package var outer: Int
    /// Of one group.
    package var channels: Int
    package var run: Int

    package init(groups: Int = 1, outer: Int, channels: Int, run: Int) {
        self.groups = groups
        self.outer = outer
        self.channels = channels
        self.run = run
    }

    /// Elements.
    package var count: Int { groups * outer * channels * run }

    fileprivate var native: ck_channels { ck_channels(outer: outer, channels: channels, run: run) }
}

/// What passes do with the weights of a layer, at the speed of memory.
///
/// Elements come in blocks: `first` is the place of a block's first element among all. Parameters of channels are those of
/// all channels, the first group's first. Whatever the instruction set, the results are the same to the bit.
package enum WeightArithmetic {
    /// Raises `largest` to each channel's largest magnitude; NaN counts for nothing.
    package static func raise(
        _ largest: UnsafeMutableBufferPointer<Float>, toMagnitudesOf values: UnsafeBufferPointer<Float>,
        from first: Int, in layout: ChannelLayout, on set: InstructionSet = .best
    ) {
        guard check(first, values.count, layout, largest.count) else { return }
        var native = layout.native
        ck_channel_magnitudes(set.isa, &native, first, values.count, values.baseAddress, largest.baseAddress)
    }

    /// The integers in [-127, 127] that are nearest to value / scale, the even one of two; 0 for NaN.
    package static func quantize(
        _ values: UnsafeBufferPointer<Float>, from first: Int, in layout: ChannelLayout,
        scales: UnsafeBufferPointer<Float>, into integers: UnsafeMutableBufferPointer<Int8>,
        on set: InstructionSet = .best
    ) {
        precondition(integers.count == values.count)
        guard check(first, values.count, layout, scales.count) else { return }
        var native = layout.native
        ck_channel_integers(
            set.isa, &native, first, values.count, values.baseAddress, scales.baseAddress, integers.baseAddress)
    }

    /// What integers stand for: (integer − zero point)·scale.
    package static func dequantize(
        _ integers: UnsafeBufferPointer<Int8>, from first: Int, in layout: ChannelLayout,
        zeroPoints: UnsafeBufferPointer<Float>, scales: UnsafeBufferPointer<Float>,
        into values: UnsafeMutableBufferPointer<Float>, on set: InstructionSet = .best
    ) {
        precondition(integers.count == values.count && zeroPoints.count == scales.count)
        guard check(first, integers.count, layout, scales.count) else { return }
        var native = layout.native
        ck_channel_reals(
            set.isa, &native, first, integers.count, integers.baseAddress, zeroPoints.baseAddress, scales.baseAddress,
            values.baseAddress)
    }

    /// Products with each channel's factor.
    ///
    /// - Parameter products: may be the same memory as the values.
    package static func multiply(
        _ values: UnsafeBufferPointer<Float>, from first: Int, in layout: ChannelLayout,
        by factors: UnsafeBufferPointer<Float>, into products: UnsafeMutableBufferPointer<Float>,
        on set: InstructionSet = .best
    ) {
        precondition(products.count == values.count)
        guard check(first, values.count, layout, factors.count) else { return }
        var native = layout.native
        ck_channel_products(
            set.isa, &native, first, values.count, values.baseAddress, factors.baseAddress, products.baseAddress)
    }

    /// How many are zero.
    package static func zeros(in values: UnsafeBufferPointer<Float>, on set: InstructionSet = .best) -> Int {
        values.baseAddress.map { ck_count_zeros(set.isa, $0, values.count) } ?? 0
    }

    /// Adds to Σ original² and Σ (original − changed)².
    package static func addErrors(
        of changed: UnsafeBufferPointer<Float>, against original: UnsafeBufferPointer<Float>,
        signal: inout Double, noise: inout Double, on set: InstructionSet = .best
    ) {
        precondition(changed.count == original.count)
        guard let original = original.baseAddress, let base = changed.baseAddress else { return }
        ck_add_errors(set.isa, original, base, changed.count, &signal, &noise)
    }

    /// - Returns: whether there is anything to do.
    private static func check(_ first: Int, _ count: Int, _ layout: ChannelLayout, _ parameters: Int) -> Bool {
        precondition(first >= 0 && first + count <= layout.count && parameters == layout.groups * layout.channels)
        return count > 0
    }
}
