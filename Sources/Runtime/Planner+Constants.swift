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
        var scratch: [UnsafeMutableRawPointer] = []
        let status = try temporary.elements(1, of: ck_status.self)
        for byteCount in lowering.scratch { scratch.append(try temporary.bytes(byteCount)) }
        for output in lowering.outputs { memory[output.id.index] = try temporary.bytes(output.byteCount) }
        for call in lowering.calls {
            var pointers: [UnsafeMutableRawPointer?] = []
            for operand in call.operands {
                switch operand {
                case .none: pointers.append(nil)
                case .scratch(let index): pointers.append(scratch[index])
                case .constant(let memory): pointers.append(UnsafeMutableRawPointer(mutating: memory))
                case .status: pointers.append(UnsafeMutableRawPointer(status))
                case .value(let id):
                    if memory[id.index] == nil, let constant = tensors[id.index]?.constant {
                        memory[id.index] = try temporary.copy(constant)
                    }
                    pointers.append(memory[id.index])
                }
            }
            call.function(call.parameters, pointers, 0, call.units)
            try status.pointee.check(at: lowering.location)
        }
        for output in lowering.outputs {
            guard let bytes = memory[output.id.index] else { continue }
            let raw = UnsafeRawBufferPointer(start: bytes, count: output.byteCount)
            tensors[output.id.index]?.constant = TensorData(bytes: Array(raw))
        }
    }
}
