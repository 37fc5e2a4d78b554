import ModelGraph

/// What the executions of all stages and graphs of one run share: threads, memory that is used again, and what the model
/// keeps from run to run.
final class Session {
    let pool: ThreadPool?
    /// Whether threads share what is too little to be worth it, too.
    let sharesAll: Bool
    private var executions: [ObjectIdentifier: Execution] = [:]
    /// What variables hold, by their name, or by program and tensor.
    private var variables: [String: RuntimeTensor] = [:]
    private var tensors: [TensorKey: TensorData] = [:]
    private var initialized: Set<TensorKey> = []

    private struct TensorKey: Hashable {
        var program: ObjectIdentifier
        var index: Int
    }

    /// How many graphs are being run inside each other.
    var depth = 0
    /// How many graphs the run has called.
    private var callCount = 0
    /// What sequences and variables hold.
    private let budget = MemoryBudget()

    /// Beyond this memory is not kept for further runs.
    private static let executionLimit = 64

    init(pool: ThreadPool?, sharesAll: Bool = false) {
        self.pool = pool
        self.sharesAll = sharesAll
    }

    /// Memory to run the plan in.
    func execution(for plan: Plan) throws(RuntimeError) -> Execution {
        if let found = executions[ObjectIdentifier(plan)], !found.isBusy { return found }
        let made = try Execution(plan, self)
        if executions.count >= Self.executionLimit { executions = [:] }
        executions[ObjectIdentifier(plan)] = made
        return made
    }

    // MARK: Limits

    /// More calls of graphs in one run than this are taken for loops that never end.
    static let callLimit = HostedRun.iterationLimit

    /// Begins to count the calls of another run.
    func beginRun() { callCount = 0 }

    /// - Throws: `RuntimeError.invalidModel` if the run has called too many graphs.
    func countCall(at location: String) throws(RuntimeError) {
        callCount += 1
        guard callCount <= Self.callLimit else {
            throw RuntimeError(
                .invalidModel, "loops and calls do not end within \(Self.callLimit) runs of their graphs", at: location)
        }
    }

    /// The tensor, to be held by a sequence or variable.
    /// - Throws: `RuntimeError.outOfMemory` if they hold too much.
    func charged(_ tensor: RuntimeTensor, at location: String) throws(RuntimeError) -> RuntimeTensor {
        guard tensor.charge == nil else { return tensor }
        guard let charge = budget.charge(tensor.data.byteCount) else {
            throw RuntimeError(
                .outOfMemory, "sequences and variables take more than \(MemoryLimit.byteCount >> 20) MB of memory",
                at: location)
        }
        var tensor = tensor
        tensor.charge = charge
        return tensor
    }

    func resetState() {
        variables = [:]
        tensors = [:]
        initialized = []
    }

    // MARK: Variables

    subscript(variable name: String) -> RuntimeTensor? {
        get { variables[name] }
        set { variables[name] = newValue }
    }

    /// What a tensor that keeps its content holds between the stages; nil before the first run.
    subscript(tensor: ValueID, of program: Program) -> TensorData? {
        get { tensors[TensorKey(program: ObjectIdentifier(program), index: tensor.index)] }
        set { tensors[TensorKey(program: ObjectIdentifier(program), index: tensor.index)] = newValue }
    }

    /// - Returns: whether the node runs for the first time.
    func isFirst(_ node: NodeID, of program: Program) -> Bool {
        initialized.insert(TensorKey(program: ObjectIdentifier(program), index: node.index)).inserted
    }
}
