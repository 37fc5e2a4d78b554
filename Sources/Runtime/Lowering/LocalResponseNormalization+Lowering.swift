import CKernels
import ModelGraph
import Operators

extension LocalResponseNormalization: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, y) = (try lowering.input(0), lowering.output)
        guard x.type == .float32, y.type == .float32 else { throw lowering.unsupportedTypes() }
        let axis = layout.channelAxis(rank: x.sizes.count)
        let inner = x.sizes[(axis + 1)...].reduce(1, *)
        let parameters = ck_local_response(
            channels: x.sizes[axis], inner: inner, before: (size - 1) / 2, after: size / 2,
            alpha: dividesBySize ? alpha / Float(size) : alpha, beta: beta, bias: bias)
        try lowering.emit(
            lowering.kernel(.localResponse, "float32"), parameters, operands: [.value(x.id), .value(y.id)],
            units: x.count / max(1, x.sizes[axis]), cost: saturatingProduct(x.sizes[axis], min(size, x.sizes[axis]) + 8)
        )
    }
}
