import ModelGraph
import Operators

/// An operator on signed bytes that onnxruntime has made unsigned before, as it does between Dequantize and Quantize. Its
/// kernels round and overflow differently for the two types.
struct MadeUnsigned: Relayable {
    var operation: any Relayable

    var name: String { operation.name }

    func isEqual(to other: any Operation) -> Bool {
        (other as? MadeUnsigned)?.operation.isEqual(to: operation) ?? false
    }

    func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        try operation.inferOutputs(from: inputs)
    }

    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        guard let form = try operation.storedForm(inputs: inputs, output: output),
            let stored = form.operation as? any Relayable
        else { return nil }
        return StoredForm(
            MadeUnsigned(operation: stored), operands: form.operands, movesResult: form.movesResult)
    }

    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        lowering.countsAsUnsigned = true
        defer { lowering.countsAsUnsigned = false }
        try operation.lower(into: &lowering)
    }
}
