import CKernels
import ModelGraph
import Operators

extension Activated: Lowerable {
    /// The base, and what follows it in place.
    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        guard let base = base as? any Lowerable, let activation = activation as? any Lowerable else {
            throw RuntimeError(
                .unsupportedOperator, "the operator \(name) is not supported", at: lowering.location)
        }
        let operands = lowering.inputs
        let result = lowering.output
        if addsLast { lowering.inputs.removeLast() }
        try base.lower(into: &lowering)
        if addsLast, let z = operands.last ?? nil {
            lowering.inputs = [result, z]
            try Binary(.add).lower(into: &lowering)
        }
        lowering.inputs = [result]
        try activation.lower(into: &lowering)
        lowering.inputs = operands
        // What the parts allow is not what the whole does: the result is written before all operands are read.
        (lowering.forwardsInput, lowering.overwritableInputs) = (false, [])
    }
}

extension Activated: Relayable {
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        let operands = addsLast ? Array(inputs.dropLast()) : inputs
        guard let base = base as? any Relayable, let form = try base.storedForm(inputs: operands, output: output) else {
            return nil
        }
        var whole = self
        whole.base = form.operation
        var forms = form.operands
        while forms.count < operands.count { forms.append(.model) }
        if addsLast { forms.append(form.movesResult ? .channelsLast : .model) }
        return StoredForm(whole, operands: forms, movesResult: form.movesResult)
    }
}

extension ScaledMatrixMultiplication: Relayable {
    /// The kernel takes both operands as they are multiplied.
    func storedForm(inputs: [Tensor?], output: Tensor) throws(RuntimeError) -> StoredForm? {
        func form(_ index: Int, _ isTransposed: Bool) -> StoredForm.Operand {
            guard isTransposed, inputs.indices.contains(index), let rank = inputs[index]?.sizes.count, rank > 1 else {
                return .model
            }
            var permutation = Array(0..<rank)
            permutation.swapAt(rank - 1, rank - 2)
            return .permuted(permutation)
        }
        return StoredForm(
            ScaledMatrixMultiplication(alpha: alpha), operands: [form(0, transposesA), form(1, transposesB)],
            movesResult: false)
    }

    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        guard !transposesA, !transposesB else {
            throw RuntimeError(
                .unsupportedOperator, "the operands are not in the kernel's order", at: lowering.location)
        }
        try MatrixMultiplication().lower(into: &lowering, factor: alpha)
    }
}
