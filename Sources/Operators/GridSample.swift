import ModelGraph

/// Samples x at the positions of a grid.
///
/// Operands: x [N, C, spatial…], grid [N, positions…, axes], whose numbers go from −1 to 1 over each axis, the last axis
/// first. Result: [N, C, positions…].
package struct GridSample: Operation, Equatable {
    package enum Mode: String, Sendable { case nearest, linear, cubic }
    /// What lies outside of x.
    package enum Border: String, Sendable { case zeros, border, reflection }

    package var mode: Mode
    package var border: Border
    package var alignsCorners: Bool

    package init(_ mode: Mode = .linear, border: Border = .zeros, alignsCorners: Bool = false) {
        self.mode = mode
        self.border = border
        self.alignsCorners = alignsCorners
    }

    package var name: String { "GridSample" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let x = try operands.sizes(0), let grid = try operands.sizes(1) else { return nil }
        guard x.count >= 3, grid.count == x.count, grid[0] == x[0], grid[grid.count - 1] == x.count - 2,
            x.allSatisfy({ $0 > 0 })
        else {
            throw GraphError(.invalidShape, "a grid of shape \(Shape(grid)) for an input of shape \(Shape(x))")
        }
        return try Operands.result(try operands.required(0).type, Array(x.prefix(2)) + grid[1..<(grid.count - 1)])
    }
}

/// The grid that takes each position through an affine map.
///
/// Operands: θ [N, axes, axes + 1], the shape of what is to be sampled [N, C, spatial…]. Result: [N, spatial…, axes].
package struct AffineGrid: Operation, Equatable {
    package var alignsCorners: Bool

    package init(alignsCorners: Bool = false) { self.alignsCorners = alignsCorners }

    package var name: String { "AffineGrid" }

    package func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        let operands = Operands(inputs, of: name)
        try operands.requireCount(2)
        guard let theta = try operands.sizes(0), let size = try operands.integers(1) else { return nil }
        let axes = size.count - 2
        guard axes == 2 || axes == 3, theta == [size[0], axes, axes + 1], size.allSatisfy({ $0 > 0 }) else {
            throw GraphError(.invalidShape, "maps of shape \(Shape(theta)) for a shape of \(size)")
        }
        return try Operands.result(try operands.required(0).type, [size[0]] + size.dropFirst(2) + [axes])
    }
}
