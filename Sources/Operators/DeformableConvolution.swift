import ModelGraph

/// A convolution over two axes whose taps are moved by operands.
///
/// Operands: x [N, C, H, W], w [O, C/groups, kernel H, kernel W], offsets [N, offset groups · taps · 2, H′, W′], and
/// optionally b [O] and factors of the taps [N, offset groups · taps, H′, W′].
package struct DeformableConvolution: Operation, Equatable {
    package var strides: [Int]
    package var dilations: [Int]
    package var padding: Padding
    package var groups: Int
    package var offsetGroups: Int

    package init(
        strides: [Int], dilations: [Int] = [1, 1], padding: Padding = .valid, groups: Int = 1, offsetGroups: Int = 1
    ) {
        self.strides = strides
        self.dilations = dilations
        self.padding = padding
        self.groups = groups
        self.offsetGroups = offsetGroups
    }

    package var name: String { "DeformConv" }

    /// - Throws: `GraphError` if x, w and the attributes do not fit each other.
    package func windows(x: [Int], w: [Int]) throws(GraphError) -> [Window] {
        guard x.count == 4, offsetGroups > 0, x[1] % offsetGroups == 0 else {
            throw GraphError(.invalidShape, "an input of shape \(Shape(x)) in \(offsetGroups) groups of offsets")
        }
        let convolution = Convolution(
            strides: strides, dilations: dilations, padding: padding, groups: groups, layout: .channelsFirst)
        return try convolution.windows(x: x, w: w)
    }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(3, upTo: 5)
        guard let x = try operands.sizes(0), let w = try operands.sizes(1), let offsets = try operands.sizes(2) else {
            return nil
        }
        let windows = try windows(x: x, w: w)
        let y = windows.map(\.output)
        let taps = saturatingProduct(windows[0].kernel, windows[1].kernel, offsetGroups)
        guard offsets == [x[0], saturatingProduct(taps, 2)] + y else {
            throw GraphError(.invalidShape, "offsets of shape \(Shape(offsets)) for an output of \(Shape(y))")
        }
        if let mask = operands.optional(4)?.shape?.sizes, mask != [x[0], taps] + y {
            throw GraphError(.invalidShape, "factors of shape \(Shape(mask)) for an output of \(Shape(y))")
        }
        try LinearOperands.checkBias(operands.optional(3), outputs: w[0])
        return try Operands.result(try operands.required(0).type, [x[0], w[0]] + y)
    }

    private func saturatingProduct(_ factors: Int...) -> Int { Shape.elementCount(factors) ?? .max }
}
