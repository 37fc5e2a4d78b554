import ModelGraph

/// The same elements under another shape. Operands: x, and optionally the new shape, which wins over the attribute.
package struct Reshape: Operation, Equatable {
    /// May hold one -1, which takes what is left.
    package var shape: [Int]?

    package init(shape: [Int]? = nil) { self.shape = shape }

    package var name: String { "Reshape" }
}
