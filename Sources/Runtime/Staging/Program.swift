import ModelGraph
import Operators
import Synchronization

/// A graph of a model, checked and made ready to plan, with the plans that were made for parts of it.
///
/// What a static model runs is one plan. A graph in which something has to run before the rest can be planned is run in
/// stages: each plan goes as far as it can, and what comes behind it depends on the types and shapes that the nodes in
/// between made.
final class Program: Sendable {
    /// What all graphs of a model have in common.
    final class Context: Sendable {
        let model: Model
        /// The graph that is run.
        let graph: Int
        let options: PlanOptions
        fileprivate let programs = Mutex<[Int: Program]>([:])

        /// - Precondition: the model has the graph.
        init(_ model: Model, graph: Int, options: PlanOptions) {
            self.model = model
            self.graph = graph
            self.options = options
        }

        var root: Graph { model.graphs[graph] }
    }

    let context: Context
    let graph: Graph
    /// Values of the file's graph; further ones were added here.
    let valueCount: Int
    /// How many graphs stand around this one.
    let depth: Int
    /// How deep graphs may call each other.
    static let depthLimit = 24
    private let bodies = Mutex<[BodyKey: Program]>([:])
    private let cache = Mutex(PlanCache())

    private struct BodyKey: Hashable {
        var node: NodeID
        var position: Int
    }

    /// - Throws: `RuntimeError` if the graph is not valid, or holds an operator that the runtime does not have.
    init(_ graph: Graph, _ context: Context, depth: Int) throws(RuntimeError) {
        guard depth <= Self.depthLimit else {
            throw RuntimeError(.unsupportedOperator, "graphs call each other more than \(Self.depthLimit) deep")
        }
        self.context = context
        self.depth = depth
        valueCount = (graph.valueIDs.last?.index ?? -1) + 1
        do throws(GraphError) {
            try graph.validate()
        } catch {
            throw RuntimeError(
                error.code == .unsupported ? .unsupportedOperator : .invalidModel, error.message, at: error.location)
        }
        let graph = try CallInlining.inline(graph, of: context.model)
        do throws(GraphError) {
            let options = context.options
            let joins = options.joinsOperators && !options.keepsAllValues
            var grouped = graph
            if options.numerics == .onnxruntime {
                grouped = try IntegerGroups.fuse(graph, keepsAllValues: options.keepsAllValues)
            } else if joins {
                grouped = try IntegerGroups.tabulate(graph)
            }
            if joins {
                let joined = try ResidualSums.fuse(JoinedPadding.fuse(RealGroups.fuse(grouped)))
                self.graph = try UnsignedBytes.store(joined, isa: options.isa)
            } else {
                let joinsClamps = options.joinsClamps && !options.keepsAllValues
                self.graph = joinsClamps ? try RealGroups.fuseClamps(grouped) : grouped
            }
        } catch {
            throw RuntimeError(
                error.code == .unsupported ? .unsupportedOperator : .invalidModel, error.message, at: error.location)
        }
        for id in self.graph.order { try check(id) }
    }

    /// Refuses before anything runs what no stage could run.
    private func check(_ id: NodeID) throws(RuntimeError) {
        let node = graph[id]
        if node.operation is any Lowerable || node.operation is any ShapeReading { return }
        let hosted = (node.operation as? OpaqueOperation)?.hosted
        guard let hosted else {
            throw RuntimeError(
                .unsupportedOperator, "the operator \(node.operation.name) is not supported", at: graph.describe(id))
        }
        guard let caller = hosted as? any GraphCaller else { return }
        for case .body(let graph, _) in caller.calledGraphs {
            _ = try Program(graph, context, depth: depth + 1)
        }
    }

    /// The graph that a node runs.
    func program(_ reference: GraphReference, of node: NodeID, position: Int) throws(RuntimeError) -> Program {
        switch reference {
        case .index(let index):
            guard context.model.graphs.indices.contains(index) else {
                throw RuntimeError(
                    .invalidModel, "runs graph \(index) of \(context.model.graphs.count)", at: graph.describe(node))
            }
            if let made = context.programs.withLock({ $0[index] }) { return made }
            let made = try Program(context.model.graphs[index], context, depth: depth + 1)
            context.programs.withLock { $0[index] = made }
            return made
        case .body(let graph, _):
            let key = BodyKey(node: node, position: position)
            if let made = bodies.withLock({ $0[key] }) { return made }
            let made = try Program(graph, context, depth: depth + 1)
            bodies.withLock { $0[key] = made }
            return made
        }
    }

    /// The plan for the graph's beginning, given what it is fed.
    func plan(for inputs: [RuntimeValue], at location: String) throws(RuntimeError) -> Plan {
        guard inputs.count == graph.inputs.count else {
            throw RuntimeError(
                .invalidModel, "the graph '\(graph.name)' takes \(graph.inputs.count) values, not \(inputs.count)",
                at: location)
        }
        var known: [ValueID: KnownValue] = [:]
        for (input, value) in zip(graph.inputs, inputs) { known[input] = value.known }
        let key = PlanCache.Key(parent: nil, signatures: inputs.map(\.signature))
        return try plan(key, order: graph.order, known: known, outputs: graph.outputs)
    }

    /// The plan for what comes behind a stage, given what its roots made.
    func plan(
        behind stage: Plan, _ signatures: [RuntimeValue.Signature], order: [NodeID], known: [ValueID: KnownValue]
    ) throws(RuntimeError) -> Plan {
        let key = PlanCache.Key(parent: stage, signatures: signatures)
        return try plan(key, order: order, known: known, outputs: graph.outputs)
    }

    private func plan(
        _ key: PlanCache.Key, order: [NodeID], known: [ValueID: KnownValue], outputs: [ValueID]
    ) throws(RuntimeError) -> Plan {
        if let found = cache.withLock({ $0.plans[key] }) { return found }
        let plan = try Plan(self, order: order, known: known, outputs: outputs)
        cache.withLock { $0.insert(plan, for: key) }
        return plan
    }

    /// A plan of one node, some of whose operands are constants for this once.
    func plan(_ node: NodeID, known: [ValueID: KnownValue]) throws(RuntimeError) -> Plan {
        try Plan(self, order: [node], known: known, outputs: graph[node].outputs)
    }
}

/// The plans of a graph's stages, as many as are worth keeping.
private struct PlanCache {
    struct Key: Hashable {
        /// The stage before, kept so that no other comes to have its address; nil for the first.
        var parent: Plan?
        /// Of what is fed, or of what was made between the stages.
        var signatures: [RuntimeValue.Signature]

        static func == (a: Key, b: Key) -> Bool { a.parent === b.parent && a.signatures == b.signatures }

        func hash(into hasher: inout Hasher) {
            hasher.combine(parent.map(ObjectIdentifier.init))
            hasher.combine(signatures)
        }
    }

    /// Beyond this all plans are made anew: shapes that never come again would fill the memory.
    static let countLimit = 64
    static let byteLimit = 1 << 30

    private(set) var plans: [Key: Plan] = [:]
    private var byteCount = 0

    mutating func insert(_ plan: Plan, for key: Key) {
        if plans.count >= Self.countLimit || byteCount >= Self.byteLimit {
            plans = [:]
            byteCount = 0
        }
        plans[key] = plan
        byteCount += plan.constantByteCount
    }
}
