import CKernels
import ModelGraph
import Operators

extension GlobalPool: Lowerable {
    /// A pool of one window over everything.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let x = try lowering.input(0)
        try pool(x: x.sizes).lower(into: &lowering)
    }
}
