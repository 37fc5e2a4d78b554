import ModelGraph

/// Linear interpolation to a new height and width. Operands: x [N, H, W, C], size [2].
package struct ResizeBilinear: Operation, Equatable {
    package var alignsCorners: Bool
    package var usesHalfPixelCenters: Bool
    package init(alignsCorners: Bool = false, usesHalfPixelCenters: Bool = false) {
        self.alignsCorners = alignsCorners
        self.usesHalfPixelCenters = usesHalfPixelCenters
    }
    package var name: String { "ResizeBilinear" }
}
