import ModelGraph

/// What the executions of all stages and graphs of one run share: threads, memory that is used again, and what the model
/// keeps from run to run.
final class Session {
    let pool: ThreadPool?
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

    /// Beyond this memory is not kept for further runs.
    private static let executionLimit = 64

    init(pool: ThreadPool?) { self.pool = pool }

    /// Memory to run the plan in.
    func execution(for plan: Plan) throws(RuntimeError) -> Execution {
        if let found = executions[ObjectIdentifier(plan)], !found.isBusy { return found }
        let made = try Execution(plan, self)
        if executions.count >= Self.executionLimit { executions = [:] }
        executions[ObjectIdentifier(plan)] = made
        return made
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
