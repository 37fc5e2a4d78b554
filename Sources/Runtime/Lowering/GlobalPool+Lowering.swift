import CKernels
import ModelGraph
import Operators

extension GlobalPool: Lowerable {
    /// A pool of one window over everything.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        guard layout == .channelsLast, x.sizes.count == 4 else {
            throw RuntimeError(
                .unsupportedOperator, "only two-dimensional pooling with the channels last is supported",
                at: lowering.location)
        }
        let window = [x.sizes[1], x.sizes[2]]
        try Pool(kind, window: window, strides: [1, 1]).lower(into: &lowering)
    }
}
