import CKernels

/// The memory of tensors in the arena.
extension Planner {
    mutating func addBuffer(for tensor: Tensor, at step: Int) {
        let last = max(lastUse[tensor.id.index], step)
        buffers.append(
            ArenaBuffer(
                byteCount: tensor.byteCount, first: keepsAllValues ? -1 : step, last: keepsAllValues ? .max : last))
        bufferOf[tensor.id.index] = buffers.count - 1
    }

    /// Gives each output memory: an operand's where the operator allows it and nobody needs the operand any more.
    mutating func assignBuffers(_ lowering: Lowering, step: Int) throws(RuntimeError) {
        let output = lowering.outputs[0]
        if !keepsAllValues {
            if lowering.forwardsInput, let buffer = bufferOf[try lowering.input(0).id.index] {
                share(buffer, with: output)
                return
            }
            for index in lowering.overwritableInputs {
                let input = try lowering.input(index)
                // A buffer that lives beyond this step is read again, or is a result.
                guard input.byteCount >= output.byteCount, let buffer = bufferOf[input.id.index],
                    buffers[buffer].last <= step, !isReadOtherwise(buffer, lowering)
                else { continue }
                share(buffer, with: output)
                return
            }
        }
        for output in lowering.outputs { addBuffer(for: output, at: step) }
    }

    /// Whether an operand that the output must not overwrite is in the same memory.
    private func isReadOtherwise(_ buffer: Int, _ lowering: Lowering) -> Bool {
        lowering.inputs.indices.contains { index in
            guard let input = lowering.inputs[index], !lowering.overwritableInputs.contains(index) else { return false }
            return bufferOf[input.id.index] == buffer
        }
    }

    mutating func share(_ buffer: Int, with output: Tensor) {
        bufferOf[output.id.index] = buffer
        buffers[buffer].last = max(buffers[buffer].last, lastUse[output.id.index])
    }

    /// Lays out the arena.
    /// - Returns: its size in bytes.
    mutating func placeBuffers() throws(RuntimeError) -> Int {
        guard let total = ArenaPlanner.place(&buffers), total <= MemoryLimit.byteCount - Int(CK_SLACK) else {
            throw RuntimeError(
                .outOfMemory, "the tensors take more than \(MemoryLimit.byteCount >> 20) MB of memory at once")
        }
        return total
    }
}
