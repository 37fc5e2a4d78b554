import CKernels
import ModelGraph

/// Constants: those that kernels read as they are, and nodes that are run while planning.
extension Planner {
    /// Copies a constant that kernels read as it is to where it has slack behind it.
    mutating func materialize(_ id: ValueID) throws(RuntimeError) {
        guard constantMemory[id.index] == nil, let constant = tensors[id.index]?.constant else { return }
        constantMemory[id.index] = UnsafeRawPointer(try storage.copy(constant))
    }

    /// Runs a node whose operands are all constant.
    mutating func evaluate(_ lowering: Lowering) throws(RuntimeError) {
        // Operands and scratch memory are needed for the moment only.
        let temporary = Storage()
        var memory: [Int: UnsafeMutableRawPointer] = [:]
        for output in lowering.outputs { memory[output.id.index] = try temporary.bytes(output.byteCount) }
        for call in lowering.calls {
            for case .value(let id) in call.operands where memory[id.index] == nil {
                if let constant = tensors[id.index]?.constant { memory[id.index] = try temporary.copy(constant) }
            }
        }
        try lowering.run(temporary) { memory[$0.index] }
        for output in lowering.outputs {
            guard let bytes = memory[output.id.index] else { continue }
            let raw = UnsafeRawBufferPointer(start: bytes, count: output.byteCount)
            tensors[output.id.index]?.constant = TensorData(bytes: Array(raw))
        }
    }
}
