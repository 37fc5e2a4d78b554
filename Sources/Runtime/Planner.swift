import CKernels
import ModelGraph
import Operators

/// Turns a graph into kernel calls, node by node in the order in which they run.
struct Planner {
    private(set) var graph: Graph
    let storage = Storage()
    let isa: ck_isa

    /// What is known of each value, by its index.
    var tensors: [Tensor?]
    /// The memory of each computed or fed value: values that share a buffer share its index.
    var bufferOf: [Int?]
    /// The last step that reads each value.
    var lastUse: [Int]
    /// The same tensor in the other order of axes, by the value's index.
    var otherForm: [Int: ValueID] = [:]
    var buffers: [ArenaBuffer] = []
    /// The constants that kernels read as they are, by the value's index.
    private var constantMemory: [Int: UnsafeRawPointer] = [:]
    var lowered: [LoweredNode] = []
    let keepsAllValues: Bool
    let options: PlanOptions

    /// A node with its kernel calls; scratch buffers are named by their index in `buffers`.
    struct LoweredNode {
        var info: StepInfo
        var calls: [KernelCall]
        var scratch: [Int]
    }

    init(graph: Graph, options: PlanOptions) {
        self.graph = graph
        keepsAllValues = options.keepsAllValues
        self.options = options
        let best = InstructionSet.best
        isa = ck_isa(rawValue: min(best.rawValue, options.instructionSet?.rawValue ?? best.rawValue))
        let count = (graph.valueIDs.last?.index ?? -1) + 1
        tensors = Array(repeating: nil, count: count)
        bufferOf = Array(repeating: nil, count: count)
        lastUse = Array(repeating: -1, count: count)
    }

    /// - Throws: `RuntimeError` for the first thing that cannot be planned.
    mutating func plan() throws(RuntimeError) {
        do throws(GraphError) {
            try graph.validate()
            if options.numerics == .onnxruntime { graph = try IntegerGroups.fuse(graph) }
        } catch {
            throw RuntimeError(
                error.code == .unsupported ? .unsupportedOperator : .invalidModel, error.message, at: error.location)
        }
        // Fusion may have added values.
        let added = (graph.valueIDs.last?.index ?? -1) + 1 - tensors.count
        if added > 0 {
            tensors += Array(repeating: nil, count: added)
            bufferOf += Array(repeating: nil, count: added)
            lastUse += Array(repeating: -1, count: added)
        }
        for (step, id) in graph.order.enumerated() {
            for case let input? in graph[id].inputs { lastUse[input.index] = step }
        }
        for output in graph.outputs { lastUse[output.index] = .max }
        for input in graph.inputs where tensors[input.index] == nil {
            let tensor = try declaredTensor(input, isFed: true)
            tensors[input.index] = tensor
            if tensor.constant == nil { addBuffer(for: tensor, at: -1) }
        }
        for (step, id) in graph.order.enumerated() { try plan(id, step: step) }
        for output in graph.outputs { _ = try tensor(output) }
    }

    private mutating func plan(_ id: NodeID, step: Int) throws(RuntimeError) {
        let node = graph[id]
        let location = graph.describe(id)
        guard let operation = node.operation as? any Lowerable & Operation else {
            // A shape is known once shapes are; it needs no kernel.
            if let shape = node.operation as? ShapeOf { return try fold(shape, of: node, at: location) }
            throw RuntimeError(
                .unsupportedOperator, "the operator \(node.operation.name) is not supported", at: location)
        }
        var inputs: [Tensor?] = []
        for input in node.inputs {
            guard let input else {
                inputs.append(nil)
                continue
            }
            inputs.append(try tensor(input))
        }
        let outputs = try inferOutputs(of: node, operation, inputs: inputs, at: location)
        for output in outputs where tensors[output.id.index] != nil {
            throw RuntimeError(.invalidModel, "the tensor is fed as well as computed", at: output.description)
        }
        let (form, operands) = try storedForm(of: operation, inputs: inputs, outputs: outputs, node: id, step: step)
        let results = form.movesResult ? [movedResult(outputs[0])] : outputs
        var lowering = Lowering(
            location: location, inputs: operands, outputs: results, storage: storage, isa: isa,
            numerics: options.numerics)
        try lowering.lower(form.operation)
        for result in results { tensors[result.id.index] = result }
        let isConstant = operands.allSatisfy { $0 == nil || $0?.constant != nil }
        var calls: [KernelCall] = []
        var scratch: [Int] = []
        if isConstant {
            try evaluate(lowering)
        } else {
            (calls, scratch) = try place(lowering, step: step)
        }
        if results[0].id != outputs[0].id {
            calls += try reorder(results[0].id, into: outputs[0], step: step, location: location)
        }
        guard !isConstant else { return }
        let info = StepInfo(
            node: id, name: location, operation: operation.name, multiplyAdds: lowering.multiplyAdds,
            outputs: node.outputs)
        lowered.append(LoweredNode(info: info, calls: calls, scratch: scratch))
    }

    /// Gives the results and scratch buffers of a node memory.
    /// - Returns: what is left to call, and the scratch buffers.
    mutating func place(_ lowering: Lowering, step: Int) throws(RuntimeError) -> ([KernelCall], [Int]) {
        try assignBuffers(lowering, step: step)
        let output = bufferOf[lowering.outputs[0].id.index]
        let aliases =
            lowering.forwardsInput && output != nil && output == lowering.inputs[0].flatMap { bufferOf[$0.id.index] }
        let scratch = lowering.scratch.map { byteCount in
            buffers.append(ArenaBuffer(byteCount: byteCount, first: step, last: step))
            return buffers.count - 1
        }
        if aliases { return ([], scratch) }
        for call in lowering.calls {
            for case .value(let value) in call.operands { try materialize(value) }
        }
        return (lowering.calls, scratch)
    }

    /// The outputs that the operator's rule gives, checked against what the graph says of them.
    private func inferOutputs(
        of node: Node, _ operation: any Operation, inputs: [Tensor?], at location: String
    ) throws(RuntimeError) -> [Tensor] {
        let facts = try checked(at: location) { () throws(GraphError) in
            try operation.inferOutputs(from: inputs.map { $0?.facts })
        }
        guard let facts else {
            throw RuntimeError(
                .unknownShape, "the shape of the result depends on what is computed while running", at: location)
        }
        guard facts.count == node.outputs.count else {
            throw RuntimeError(
                .invalidModel, "\(operation.name) has \(facts.count) results, not \(node.outputs.count)", at: location)
        }
        var outputs: [Tensor] = []
        for (fact, id) in zip(facts, node.outputs) {
            let value = graph[id]
            guard let sizes = fact.shape?.sizes else {
                throw RuntimeError(.unknownShape, "the shape of the result is not known", at: location)
            }
            let isTyped = value.type != .variant
            // A dense layer of integers may give real numbers.
            let isReal =
                value.type == .float32 && options.numerics == .onnxruntime
                && (operation is Gemm || operation is MatrixMultiplication || operation is FullyConnected)
            guard operation is Quantize || isReal || fact.type == value.type || !isTyped else {
                throw RuntimeError(
                    .invalidModel, "\(graph.describe(id)) is \(value.type), but the operator makes \(fact.type)",
                    at: location)
            }
            guard !value.isVariable else {
                throw RuntimeError(
                    .unsupportedOperator, "\(graph.describe(id)) keeps its content between runs", at: location)
            }
            outputs.append(
                try makeTensor(id, type: isTyped ? value.type : fact.type, sizes: sizes, constant: fact.constant))
        }
        return outputs
    }

    private mutating func fold(_ shape: ShapeOf, of node: Node, at location: String) throws(RuntimeError) {
        var inputs: [Tensor?] = []
        for case let input? in node.inputs { inputs.append(try tensor(input)) }
        for output in try inferOutputs(of: node, shape, inputs: inputs, at: location) {
            tensors[output.id.index] = output
        }
    }

    /// A value that is read: known already, or a constant.
    private mutating func tensor(_ id: ValueID) throws(RuntimeError) -> Tensor {
        if let tensor = tensors[id.index] { return tensor }
        let tensor = try declaredTensor(id)
        guard tensor.constant != nil else {
            throw RuntimeError(.invalidModel, "the tensor is read but never computed", at: tensor.description)
        }
        tensors[id.index] = tensor
        return tensor
    }

    /// A value as the graph declares it.
    private func declaredTensor(_ id: ValueID, isFed: Bool = false) throws(RuntimeError) -> Tensor {
        let value = graph[id]
        guard !value.isSparse else {
            throw RuntimeError(.unsupportedType, "sparse tensors are not supported", at: graph.describe(id))
        }
        guard !value.isVariable else {
            throw RuntimeError(
                .unsupportedOperator, "tensors that keep their content between runs are not supported",
                at: graph.describe(id))
        }
        guard let sizes = isFed ? try fedSizes(value, at: graph.describe(id)) : value.shape?.sizes else {
            throw RuntimeError(.unknownShape, "the shape is not known", at: graph.describe(id))
        }
        return try makeTensor(id, type: value.type, sizes: sizes, constant: value.constant)
    }

    /// The extents of a graph input: those of the options, or the model's with a batch of 1 where it leaves that open.
    private func fedSizes(_ value: Value, at location: String) throws(RuntimeError) -> [Int]? {
        guard let shape = value.shape else { return options.inputShapes[value.name] }
        guard let given = options.inputShapes[value.name] else {
            var shape = shape
            if shape.dimensions.first?.size == nil, shape.rank > 0 { shape.dimensions[0] = .fixed(1) }
            guard let sizes = shape.sizes else {
                throw RuntimeError(
                    .unknownShape, "the shape \(shape) leaves more than the batch open", at: location,
                    remedy: "give the input a shape")
            }
            return sizes
        }
        let fits =
            given.count == shape.rank
            && zip(given, shape.dimensions).allSatisfy { $1.isDynamic || $1.size == $0 }
        guard fits else {
            throw RuntimeError(
                .wrongInput, "the input has the shape \(shape), not \(Shape(given))", at: location)
        }
        return given
    }

    private func makeTensor(
        _ id: ValueID, type: ElementType, sizes: [Int], constant: TensorData?
    ) throws(RuntimeError) -> Tensor {
        let value = graph[id]
        let description = graph.describe(id)
        guard type.bitWidth != nil else {
            throw RuntimeError(.unsupportedType, "tensors of type \(type) are not supported", at: description)
        }
        guard let count = Shape.elementCount(sizes), let byteCount = type.byteCount(of: count) else {
            throw RuntimeError(
                .outOfMemory, "the tensor of shape \(Shape(sizes)) is larger than memory can be", at: description)
        }
        if let constant {
            guard constant.byteCount == byteCount else {
                throw RuntimeError(
                    .invalidModel, "\(constant.byteCount) bytes of data, where \(byteCount) are needed", at: description
                )
            }
        } else {
            guard count > 0 else {
                throw RuntimeError(
                    .invalidModel, "the tensor of shape \(Shape(sizes)) has no elements", at: description)
            }
            guard byteCount <= MemoryLimit.byteCount else {
                throw RuntimeError(
                    .outOfMemory, "the tensor of shape \(Shape(sizes)) takes \(byteCount) bytes", at: description)
            }
        }
        return Tensor(
            id: id, description: description, name: value.name, type: type, sizes: sizes,
            byteCount: byteCount, quantization: value.quantization, constant: constant)
    }

    // MARK: Constants

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
        for byteCount in lowering.scratch { scratch.append(try temporary.bytes(byteCount)) }
        for output in lowering.outputs { memory[output.id.index] = try temporary.bytes(output.byteCount) }
        for call in lowering.calls {
            var pointers: [UnsafeMutableRawPointer?] = []
            for operand in call.operands {
                switch operand {
                case .none: pointers.append(nil)
                case .scratch(let index): pointers.append(scratch[index])
                case .constant(let memory): pointers.append(UnsafeMutableRawPointer(mutating: memory))
                case .value(let id):
                    if memory[id.index] == nil, let constant = tensors[id.index]?.constant {
                        memory[id.index] = try temporary.copy(constant)
                    }
                    pointers.append(memory[id.index])
                }
            }
            call.function(call.parameters, pointers, 0, call.units)
        }
        for output in lowering.outputs {
            guard let bytes = memory[output.id.index] else { continue }
            let raw = UnsafeRawBufferPointer(start: bytes, count: output.byteCount)
            tensors[output.id.index]?.constant = TensorData(bytes: Array(raw))
        }
    }

    // MARK: Buffers

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
                    buffers[buffer].last <= step
                else { continue }
                share(buffer, with: output)
                return
            }
        }
        for output in lowering.outputs { addBuffer(for: output, at: step) }
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

    // MARK: Results

    /// - Precondition: the buffers are placed.
    mutating func plannedSteps() throws(RuntimeError) -> [PlannedStep] {
        var steps: [PlannedStep] = []
        for node in lowered {
            var calls: [PlannedCall] = []
            for call in node.calls {
                var operands: [Location?] = []
                for operand in call.operands {
                    switch operand {
                    case .none: operands.append(nil)
                    case .scratch(let index): operands.append(.arena(buffers[node.scratch[index]].offset))
                    case .constant(let memory): operands.append(.constant(UnsafeRawPointerBox(pointer: memory)))
                    case .value(let id): operands.append(location(of: id))
                    }
                }
                calls.append(
                    PlannedCall(
                        function: call.function, parameters: call.parameters, operands: operands, units: call.units,
                        cost: call.cost))
            }
            steps.append(PlannedStep(info: node.info, calls: calls))
        }
        return steps
    }

    private func location(of id: ValueID) -> Location? {
        if let buffer = bufferOf[id.index] { return .arena(buffers[buffer].offset) }
        return constantMemory[id.index].map { .constant(UnsafeRawPointerBox(pointer: $0)) }
    }

    /// Where each value is that can be read when a run is over: results, constants that kernels read as they are, and
    /// with `keepsAllValues` everything.
    mutating func locations() throws(RuntimeError) -> [Location?] {
        for output in graph.outputs { try materialize(output) }
        return tensors.indices.map { index in tensors[index] == nil ? nil : location(of: ValueID(index: index)) }
    }
}
