import ModelGraph
import Operators

/// A softmax of signed bytes that onnxruntime has made unsigned before, as it does between Dequantize and Quantize. Where a
/// row overflows, its kernels for both types differ.
struct UnsignedSoftmax: Relayable, Equatable {
    var softmax: Softmax

    var name: String { softmax.name }

    func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        try softmax.inferOutputs(from: inputs)
    }

    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let form = try softmax.storedForm(inputs: inputs, output: output),
            let moved = form.operation as? Softmax
        else { return nil }
        return StoredForm(
            UnsignedSoftmax(softmax: moved), operands: form.operands, movesResult: form.movesResult)
    }

    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try softmax.lower(into: &lowering, countsAsUnsigned: true)
    }
}
