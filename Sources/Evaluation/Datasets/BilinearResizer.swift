import ModelGraph
import Runtime

/// Resizes samples by linear interpolation.
final class BilinearResizer: Sendable {
    func resize(_ values: [Float], shape: [Int], to size: ImageInput.Size) throws(DatasetError) -> [Float] {
        throw DatasetError(
            .unsupportedFormat, "samples of shape \(shape) cannot be resized to \(size.height) × \(size.width)",
            remedy: "resize them beforehand")
    }
}
