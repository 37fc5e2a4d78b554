import CKernels
import ModelGraph
import Operators

/// Turns nodes of a graph into kernel calls, in the order in which they run, as far as that goes before running.
struct Planner {
    let graph: Graph
    /// The nodes that are yet to run.
    let order: [NodeID]
    let storage = Storage()
    let isa: ck_isa

    /// What is known of each value, by its index.
    var tensors: [Tensor?]
    /// The memory of each computed or fed value: values that share a buffer share its index.
    var bufferOf: [Int?]
    /// The last step that reads each value.
    var lastUse: [Int]
    /// How many values the graph has; tensors behind them were added here.
    private let givenCount: Int
    /// How many nodes read each value.
    var readerCount: [Int]
    /// The nodes that are left to the first reader of their result, by the result's index.
    var postponed: [Int: NodeID] = [:]
    /// The same tensor in the other order of axes, by the value's index.
    var otherForm: [Int: ValueID] = [:]
    var buffers: [ArenaBuffer] = []
    /// The constants that kernels read as they are, by the value's index.
    var constantMemory: [Int: UnsafeRawPointer] = [:]
    var lowered: [LoweredNode] = []
    /// The nodes that cannot be planned yet, with what keeps the first of them.
    private(set) var deferred = Deferred()
    /// Whether a value is made by a deferred node, by its index.
    private var isDeferred: [Bool]
    /// What is fed, in the order in which it was met.
    private(set) var fed: [ValueID] = []
    /// Values that are no tensors: sequences, optionals, handles.
    private var isOther: Set<Int> = []
    /// Tensors that keep their content from run to run.
    private(set) var variables: [ValueID] = []
    /// What the nodes of this stage read, by its index.
    private var isRead: Set<Int> = []
    private let demands = Demands()
    let keepsAllValues: Bool
    let options: PlanOptions

    /// A node with its kernel calls; scratch buffers are named by their index in `buffers`.
    struct LoweredNode {
        var info: StepInfo
        var calls: [KernelCall]
        var scratch: [Int]
    }

    /// - Parameter graph: a valid graph.
    init(graph: Graph, order: [NodeID], options: PlanOptions) {
        self.graph = graph
        self.order = order
        keepsAllValues = options.keepsAllValues
        self.options = options
        let best = InstructionSet.best
        isa = ck_isa(rawValue: min(best.rawValue, options.instructionSet?.rawValue ?? best.rawValue))
        let count = (graph.valueIDs.last?.index ?? -1) + 1
        givenCount = count
        tensors = Array(repeating: nil, count: count)
        bufferOf = Array(repeating: nil, count: count)
        lastUse = Array(repeating: -1, count: count)
        readerCount = Array(repeating: 0, count: count)
        isDeferred = Array(repeating: false, count: count)
    }

    /// - Parameter known: what the values are that were made before; nil if nothing ran yet, and the graph's inputs are
    ///   as it declares them.
    /// - Throws: `RuntimeError` for the first thing that cannot be planned.
    mutating func plan(known: [ValueID: KnownValue]?) throws(RuntimeError) {
        for (step, id) in order.enumerated() {
            for value in Set(graph.reads(of: id)) {
                lastUse[value.index] = step
                readerCount[value.index] += 1
            }
        }
        for output in graph.outputs { lastUse[output.index] = .max }
        if let known {
            for (id, value) in known.sorted(by: { $0.key < $1.key }) { try take(id, value) }
        } else {
            for input in graph.inputs where tensors[input.index] == nil {
                try feed(try declaredTensor(input, isFed: true), isGiven: graph[input].constant != nil)
            }
        }
        try placeVariables()
        for (step, id) in order.enumerated() { try planOrDefer(id, step: step) }
        for output in graph.outputs where !isDeferred[output.index] && known?[output] == nil { _ = try tensor(output) }
        if known != nil { dropUnread() }
    }

    /// Takes no memory for what only later stages read.
    private mutating func dropUnread() {
        for id in fed where !isRead.contains(id.index) {
            if let buffer = bufferOf[id.index] { buffers[buffer].byteCount = 0 }
        }
        fed.removeAll { !isRead.contains($0.index) }
    }

    /// Gives tensors that keep their content from run to run memory that nothing else uses.
    private mutating func placeVariables() throws(RuntimeError) {
        for id in order {
            for value in graph.reads(of: id) where tensors[value.index] == nil && graph[value].isState {
                let tensor = try declaredTensor(value)
                tensors[value.index] = tensor
                buffers.append(ArenaBuffer(byteCount: tensor.byteCount, first: -1, last: .max))
                bufferOf[value.index] = buffers.count - 1
                variables.append(value)
            }
        }
    }

    private mutating func feed(_ tensor: Tensor, isGiven: Bool) throws(RuntimeError) {
        tensors[tensor.id.index] = tensor
        guard !isGiven else { return }
        fed.append(tensor.id)
        if tensor.constant == nil { addBuffer(for: tensor, at: -1) }
    }

    private mutating func take(_ id: ValueID, _ value: KnownValue) throws(RuntimeError) {
        guard case .tensor(let type, let sizes, let constant) = value else {
            isOther.insert(id.index)
            return
        }
        try feed(
            try makeTensor(id, type: type, sizes: sizes, constant: constant), isGiven: constant != nil)
    }

    private mutating func planOrDefer(_ id: NodeID, step: Int) throws(RuntimeError) {
        let node = graph[id]
        if graph.reads(of: id).contains(where: { isDeferred[$0.index] }) || (deferred.holdsState && node.touchesState) {
            return try keep(id, step: step)
        }
        let hosted = (node.operation as? OpaqueOperation)?.hosted
        if hosted != nil || graph.reads(of: id).contains(where: { isOther.contains($0.index) }) {
            guard hosted != nil || node.operation is Identity else {
                throw RuntimeError(
                    .invalidModel, "\(node.operation.name) reads what is no tensor", at: graph.describe(id))
            }
            return try keep(id, because: [], step: step)
        }
        demands.operands = []
        do throws(RuntimeError) {
            try plan(id, step: step)
            for value in graph.reads(of: id) { isRead.insert(value.index) }
        } catch {
            guard error.code == .computedOperand else { throw error }
            try keep(id, because: demands.operands, step: step)
        }
    }

    /// Leaves a node to a later stage.
    private mutating func keep(
        _ id: NodeID, because operands: Set<Int>? = nil, step: Int
    ) throws(RuntimeError) {
        let node = graph[id]
        deferred.nodes.append(id)
        // Nodes that nothing but their kind keeps run in their order.
        if node.touchesState, operands == nil { deferred.holdsState = true }
        if let operands { deferred.roots.append(Deferred.Root(node: id, operands: operands)) }
        for output in node.outputs { isDeferred[output.index] = true }
        // What it reads has to last to the end of the stage.
        for value in graph.reads(of: id) {
            try makePostponed(value, step: step)
            if let buffer = bufferOf[value.index] { buffers[buffer].last = .max }
        }
    }

    private mutating func plan(_ id: NodeID, step: Int) throws(RuntimeError) {
        let node = graph[id]
        let location = graph.describe(id)
        guard let operation = node.operation as? any Lowerable & Operation else {
            // A shape is known once shapes are; it needs no kernel.
            if let shape = node.operation as? any ShapeReading { return try fold(shape, of: node, at: location) }
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
        demands.operands = []
        for output in outputs where tensors[output.id.index] != nil {
            throw RuntimeError(.invalidModel, "the tensor is fed as well as computed", at: output.description)
        }
        if postpones(node, inputs.first ?? nil, outputs[0], id, step: step) { return }
        let (form, operands) = try storedForm(of: operation, inputs: inputs, outputs: outputs, node: id, step: step)
        let results = form.movesResult ? [movedResult(outputs[0])] : outputs
        var lowering = Lowering(
            location: location, inputs: operands, outputs: results, storage: storage, isa: isa,
            numerics: options.numerics, demands: demands)
        // There is nothing to compute where no result has an element.
        if results.allSatisfy({ $0.count == 0 }) {
            for result in results + outputs { tensors[result.id.index] = result.emptied }
            return
        }
        try makeImages(&lowering, form, node: id, step: step)
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
        forgetCopies(operands, step: step)
        guard !isConstant else { return }
        let info = StepInfo(
            node: id, name: location, operation: operation.name, multiplyAdds: lowering.multiplyAdds,
            outputs: node.outputs)
        lowered.append(LoweredNode(info: info, calls: calls, scratch: scratch))
    }

    /// Drops reordered constants that nobody takes any more: kernels have their own form of them.
    private mutating func forgetCopies(_ operands: [Tensor?], step: Int) {
        for case let operand? in operands where operand.constant != nil && operand.id.index >= givenCount {
            if lastUse[operand.id.index] <= step { tensors[operand.id.index]?.constant = nil }
        }
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
        guard let facts else { throw unknownShape(inputs, at: location) }
        guard facts.count >= node.outputs.count, !node.outputs.isEmpty else {
            throw RuntimeError(
                .invalidModel, "\(operation.name) has \(facts.count) results, not \(node.outputs.count)", at: location)
        }
        var outputs: [Tensor] = []
        for (fact, id) in zip(facts, node.outputs) {
            let value = graph[id]
            guard let sizes = fact.shape?.sizes else { throw unknownShape(inputs, at: location) }
            let isTyped = value.type != .variant
            // A dense layer of integers may give real numbers.
            let isReal =
                value.type == .float32 && options.numerics == .onnxruntime
                && (operation is Gemm || operation is MatrixMultiplication || operation is FullyConnected)
            // A table of scaled integers may, too.
            let isLookup = value.type == .float32 && operation is EmbeddingLookup
            guard operation is Quantize || isReal || isLookup || fact.type == value.type || !isTyped else {
                throw RuntimeError(
                    .invalidModel, "\(graph.describe(id)) is \(value.type), but the operator makes \(fact.type)",
                    at: location)
            }
            outputs.append(
                try makeTensor(id, type: isTyped ? value.type : fact.type, sizes: sizes, constant: fact.constant))
        }
        return outputs
    }

    /// Asks for the operands that a rule needs: small ones first, which say more often what extents are to be.
    private func unknownShape(_ inputs: [Tensor?], at location: String) -> RuntimeError {
        let computed = inputs.indices.filter { inputs[$0] != nil && inputs[$0]?.constant == nil }
        guard !computed.isEmpty else {
            return RuntimeError(.unknownShape, "the shape of the result cannot be told", at: location)
        }
        let small = computed.filter { inputs[$0]?.byteCount ?? 0 <= Self.smallOperand }
        demands.operands = Set(small.isEmpty ? computed : small)
        return RuntimeError(
            .computedOperand, "the shape of the result depends on what is computed while running", at: location)
    }

    /// Bytes of an operand that may well be a shape, or a few of them.
    private static let smallOperand = 512

    private mutating func fold(_ shape: any ShapeReading, of node: Node, at location: String) throws(RuntimeError) {
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
        if value.isSparse {
            let dense = try value.densified(at: graph.describe(id))
            return try makeTensor(id, type: value.type, sizes: value.shape?.sizes ?? [], constant: dense)
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
        guard Shape.isCountable(sizes), let count = Shape.elementCount(sizes),
            let byteCount = type.byteCount(of: count)
        else {
            throw RuntimeError(
                .outOfMemory, "the tensor of shape \(Shape(sizes)) is larger than memory can be", at: description)
        }
        // Of a tensor without elements everything is known.
        if let constant = constant ?? (count == 0 ? TensorData(bytes: []) : nil) {
            guard constant.byteCount == byteCount else {
                throw RuntimeError(
                    .invalidModel, "\(constant.byteCount) bytes of data, where \(byteCount) are needed", at: description
                )
            }
        } else {
            guard byteCount <= MemoryLimit.byteCount else {
                throw RuntimeError(
                    .outOfMemory, "the tensor of shape \(Shape(sizes)) takes \(byteCount) bytes", at: description)
            }
        }
        return Tensor(
            id: id, description: description, name: value.name, type: type, sizes: sizes,
            byteCount: byteCount, quantization: value.quantization,
            constant: constant ?? (count == 0 ? TensorData(bytes: []) : nil), isState: value.isState)
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
}
