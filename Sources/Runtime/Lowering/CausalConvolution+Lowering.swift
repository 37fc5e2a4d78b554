import CKernels
import ModelGraph
import Operators

extension CausalConvolution: Lowerable {
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        let (x, w, y, next) = (try lowering.input(0), try lowering.input(1), lowering.output, lowering.outputs[1])
        let (bias, state) = (lowering.optionalInput(2), lowering.optionalInput(3))
        guard [x, w, y, next, bias, state].allSatisfy({ $0 == nil || $0?.type == .float32 }) else {
            throw lowering.unsupportedTypes()
        }
        let parameters = ck_causal_conv(
            channels: x.sizes[1], length: x.sizes[2], taps: w.sizes[2], is_swish: isSwish ? 1 : 0)
        func operand(_ tensor: Tensor?) -> Operand { tensor.map { $0.count > 0 ? .value($0.id) : .none } ?? .none }
        let cost = saturatingProduct(x.sizes[2], w.sizes[2])
        lowering.multiplyAdds = saturatingProduct(x.sizes[0], x.sizes[1], cost)
        try lowering.emit(
            lowering.kernel(.causalConv, "float32"), parameters,
            operands: [.value(x.id), .value(w.id), operand(bias), operand(state), .value(y.id), operand(next)],
            units: x.sizes[0] * x.sizes[1], cost: cost)
    }
}
