import CKernels
import ModelGraph
import Operators

/// Turns nodes of a graph into kernel calls, in the order in which they run, as far as that goes before running.
struct Planner {
    let graph: Graph
    /// The nodes that are yet to run.
    let order: [NodeID]
    let storage: Storage
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
    var deferred = Deferred()
    /// Whether a value is made by a deferred node, by its index.
    var isDeferred: [Bool]
    /// What is fed, in the order in which it was met.
    var fed: [ValueID] = []
    /// Values that are no tensors: sequences, optionals, handles.
    var isOther: Set<Int> = []
    /// Tensors that keep their content from run to run.
    var variables: [ValueID] = []
    /// What the nodes of this stage read, by its index.
    var isRead: Set<Int> = []
    let demands = Demands()
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
        storage = Storage(holdsConstants: !options.isForFigures)
        isa = options.isa
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

    mutating func plan(_ id: NodeID, step: Int) throws(RuntimeError) {
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
        let isConstant = operands.allSatisfy { $0 == nil || $0?.constant != nil }
        var lowering = Lowering(
            location: location, inputs: operands, outputs: results, storage: isConstant ? Storage() : storage, isa: isa,
            numerics: options.numerics, demands: demands)
        // There is nothing to compute where no result has an element.
        if results.allSatisfy({ $0.count == 0 }) {
            for result in results + outputs { tensors[result.id.index] = result.emptied }
            return
        }
        try makeImages(&lowering, form, node: id, step: step)
        try lowering.lower(form.operation)
        for result in results { tensors[result.id.index] = result }
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
            isInteger: lowering.calls.max { $0.time < $1.time }?.isInteger ?? false, outputs: node.outputs)
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
}
