import CKernels
import ModelGraph
import Operators

/// Operators that make one byte of one byte, each by itself, as the table of their results.
struct ByteFunction: Pointwise, Lowerable {
    struct Step {
        var operation: any Operation
        var operands: [Operand?]
        var type: ElementType
        var quantization: Quantization?
    }

    enum Operand {
        /// The bytes that go in (0), or what an earlier step made of them, counted from 1.
        case result(Int)
        /// One number.
        case constant(Value)
    }

    /// In running order; the last one makes the result.
    var steps: [Step]
    /// The type and scale of the bytes that go in.
    var type: ElementType
    var quantization: Quantization?

    var name: String { steps.map(\.operation.name).joined(separator: "·") }

    func isEqual(to other: any Operation) -> Bool { false }

    func inferOutputs(from inputs: [TensorFacts?]) throws(GraphError) -> [TensorFacts]? {
        guard let x = (inputs.first ?? nil)?.shape?.sizes, let type = steps.last?.type else { return nil }
        // Constants of more axes give theirs to the result.
        let ranks = steps.flatMap(\.operands).map { operand in
            if case .constant(let value)? = operand { value.shape?.rank ?? 0 } else { 0 }
        }
        let axes = max(0, (ranks.max() ?? 0) - x.count)
        return [TensorFacts(type: type, shape: Shape(Array(repeating: 1, count: axes) + x))]
    }

    func lower(into lowering: inout Lowering) throws(RuntimeError) {
        try lowering.emitTable(try table(like: lowering))
    }

    /// The result of each byte, from that of -128 on.
    private func table(like lowering: Lowering) throws(RuntimeError) -> [UInt8] {
        let storage = Storage()
        let count = 256
        func tensor(_ index: Int, _ type: ElementType, _ quantization: Quantization?, sizes: [Int]) -> Tensor {
            var tensor = lowering.output
            (tensor.id, tensor.type, tensor.sizes) = (ValueID(index: index), type, sizes)
            tensor.byteCount = type.byteCount(of: sizes.reduce(1, *)) ?? 0
            (tensor.quantization, tensor.constant, tensor.isMoved) = (quantization, nil, false)
            return tensor
        }
        var tensors = [tensor(0, type, quantization, sizes: [count])]
        var memory = [try storage.copy(TensorData((0..<count).map { UInt8($0) ^ 0x80 }))]
        var constants: [(Tensor, UnsafeMutableRawPointer)] = []
        for step in steps {
            var inputs: [Tensor?] = []
            for operand in step.operands {
                switch operand {
                case nil: inputs.append(nil)
                case .result(let index)?: inputs.append(tensors[index])
                case .constant(let value)?:
                    let data = value.facts.constant ?? TensorData(bytes: [])
                    let index = -1 - constants.count
                    var constant = tensor(index, value.type, value.quantization, sizes: [1])
                    guard data.byteCount == constant.byteCount else { throw lowering.unsupportedTypes() }
                    constant.constant = data
                    constants.append((constant, try storage.copy(data)))
                    inputs.append(constant)
                }
            }
            guard let operation = step.operation as? any Lowerable else { throw lowering.unsupportedTypes() }
            let output = tensor(tensors.count, step.type, step.quantization, sizes: [count])
            tensors.append(output)
            memory.append(try storage.bytes(output.byteCount))
            var inner = Lowering(
                location: lowering.location, inputs: inputs, outputs: [output], storage: storage, isa: lowering.isa,
                numerics: lowering.numerics)
            try inner.lower(operation)
            try inner.run(storage) { id in id.index < 0 ? constants[-1 - id.index].1 : memory[id.index] }
        }
        return Array(UnsafeRawBufferPointer(start: memory[memory.count - 1], count: count))
    }
}

extension Lowering {
    /// Makes the calls at once.
    ///
    /// - Parameter address: where a value is.
    /// - Throws: `RuntimeError.indexOutOfRange` if a kernel reports a number that it cannot use.
    func run(
        _ storage: Storage, _ address: (ValueID) -> UnsafeMutableRawPointer?
    ) throws(RuntimeError) {
        let status = try storage.elements(1, of: ck_status.self)
        var memory: [UnsafeMutableRawPointer] = []
        for byteCount in scratch { memory.append(try storage.bytes(byteCount)) }
        for call in calls {
            let pointers = call.operands.map { operand -> UnsafeMutableRawPointer? in
                switch operand {
                case .none: nil
                case .scratch(let index): memory[index]
                case .constant(let constant): UnsafeMutableRawPointer(mutating: constant)
                case .status: UnsafeMutableRawPointer(status)
                case .value(let id): address(id)
                }
            }
            call.function(call.parameters, pointers, 0, call.units)
            try status.pointee.check(at: location)
        }
    }
}
