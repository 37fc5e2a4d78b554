import ModelGraph
import Operators

/// Values between two stages, by their index.
typealias Environment = [ValueID: RuntimeValue]

extension Execution {
    typealias Observer = (ValueID, UnsafeRawBufferPointer) throws -> Void

    /// Runs what comes behind the plan's own steps, stage by stage, and collects the results.
    func runStages(observing: Observer?) throws {
        seen = [:]
        session.beginRun()
        var environment: Environment = [:]
        collect(into: &environment)
        // The fed tensors are used again by the next run, and by nobody before.
        for info in plan.inputs where plan.liveOutputs.contains(info.value) && environment[info.value] == nil {
            environment[info.value] = .tensor(
                RuntimeTensor(type: info.type, sizes: info.shape, data: contents(of: info)))
        }
        saveVariables()
        results = try finish(&environment, observing: observing)
        loadVariables()
    }

    /// Runs a graph on values that other operators made.
    func call(_ inputs: [RuntimeValue]) throws -> [RuntimeValue] {
        isBusy = true
        defer { isBusy = false }
        let graph = plan.program.graph
        var environment: Environment = [:]
        for (id, value) in zip(graph.inputs, inputs) { environment[id] = value }
        try runStage(&environment, observing: nil)
        return try finish(&environment, observing: nil)
    }

    /// Feeds the stage, runs its steps and collects what is needed behind it.
    private func runStage(_ environment: inout Environment, observing: Observer?) throws {
        for info in plan.inputs {
            guard case .tensor(let tensor)? = environment[info.value] else { continue }
            store(tensor.data, in: info)
        }
        loadVariables()
        if let observing {
            try runSteps(observing: observing)
        } else {
            try runSteps()
        }
        saveVariables()
        collect(into: &environment)
    }

    /// Runs the roots and the stages behind this one.
    /// - Returns: the graph's results.
    private func finish(_ environment: inout Environment, observing: Observer?) throws -> [RuntimeValue] {
        let program = plan.program
        var stage = plan
        while stage.isDynamic {
            var signatures: [RuntimeValue.Signature] = []
            for root in stage.deferred.roots {
                let made = try run(root, of: stage, &environment)
                for (id, value) in zip(program.graph[root.node].outputs, made) {
                    environment[id] = value
                    signatures.append(value.signature)
                    try note(value, of: id, observing: observing)
                }
            }
            let done = Set(stage.deferred.roots.map(\.node))
            let order = stage.deferred.nodes.filter { !done.contains($0) }
            let needed = Set(order.flatMap(program.graph.reads) + program.graph.outputs)
            environment = environment.filter { needed.contains($0.key) }
            guard !order.isEmpty else { break }
            let next = try program.plan(
                behind: stage, signatures, order: order, known: environment.mapValues(\.known))
            let execution = try session.execution(for: next)
            execution.isBusy = true
            defer { execution.isBusy = false }
            let observer: Observer? = observing.map { observing in
                { value, bytes in
                    if let info = next.info(of: value) { self.seen[value] = info }
                    try observing(value, bytes)
                }
            }
            try execution.runStage(&environment, observing: observer)
            stage = next
        }
        return try program.graph.outputs.map { id in
            guard let value = try value(id, in: environment) else {
                throw RuntimeError(.invalidModel, "the output is never computed", at: program.graph.describe(id))
            }
            return value
        }
    }

    /// Adds what the stage has made, and what it knew without running.
    private func collect(into environment: inout Environment) {
        for id in plan.liveOutputs where environment[id] == nil {
            guard let info = plan.info(of: id) else { continue }
            let constant = plan.constant(of: id)
            environment[id] = .tensor(
                RuntimeTensor(
                    type: info.type, sizes: info.shape, data: constant ?? contents(of: info), isKnown: constant != nil))
        }
    }

    private func note(_ value: RuntimeValue, of id: ValueID, observing: Observer?) throws {
        guard let observing, case .tensor(let tensor) = value, id.index < plan.program.valueCount else { return }
        var info = TensorInfo(declared: plan.program.graph[id], id)
        (info.type, info.shape, info.channelAxis) = (tensor.type, tensor.sizes, max(0, tensor.sizes.count - 1))
        seen[id] = info
        try tensor.data.withUntypedBytes { try observing(id, $0) }
    }

    private func saveVariables() {
        for info in plan.variables { session[info.value, of: plan.program] = contents(of: info) }
    }

    private func loadVariables() {
        for info in plan.variables {
            if let data = session[info.value, of: plan.program] { store(data, in: info) }
        }
    }

    /// A value that an operator reads: made before, or a constant of the graph.
    func value(_ id: ValueID, in environment: Environment) throws(RuntimeError) -> RuntimeValue? {
        if let value = environment[id] { return value }
        let value = plan.program.graph[id]
        guard let constant = value.constant, !value.isSparse, let sizes = value.shape?.sizes else { return nil }
        return .tensor(RuntimeTensor(type: value.type, sizes: sizes, data: constant, isKnown: true))
    }

    /// Runs a node that no stage holds.
    private func run(
        _ root: Deferred.Root, of stage: Plan, _ environment: inout Environment
    ) throws -> [RuntimeValue] {
        let program = stage.program
        let node = program.graph[root.node]
        let location = program.graph.describe(root.node)
        var inputs: [RuntimeValue?] = []
        for input in node.inputs {
            guard let input else {
                inputs.append(nil)
                continue
            }
            guard let value = try value(input, in: environment) else {
                throw RuntimeError(.invalidModel, "an operand is never computed", at: location)
            }
            inputs.append(value)
        }
        if node.operation is Identity, let value = inputs.first ?? nil { return [value] }
        guard let hosted = (node.operation as? OpaqueOperation)?.hosted else {
            return try evaluate(root, of: program, environment)
        }
        var captured: [RuntimeValue] = []
        for id in node.implicitInputs {
            guard let value = try value(id, in: environment) else {
                throw RuntimeError(.invalidModel, "a value that a graph takes is never computed", at: location)
            }
            captured.append(value)
        }
        let run = HostedRun(
            program: program, node: root.node, inputs: inputs, captured: captured, session: session)
        let results = try run.results(of: hosted)
        guard results.count == node.outputs.count else {
            throw RuntimeError(
                .invalidModel, "\(hosted.name) has \(results.count) results, not \(node.outputs.count)", at: location)
        }
        return results
    }

    /// Plans and runs one node, whose plan depends on the content of some of its operands.
    private func evaluate(
        _ root: Deferred.Root, of program: Program, _ environment: Environment
    ) throws -> [RuntimeValue] {
        let node = program.graph[root.node]
        let reads = Set(program.graph.reads(of: root.node))
        var constants = root.operands
        while true {
            var known: [ValueID: KnownValue] = [:]
            for id in reads {
                guard case .tensor(var tensor)? = try value(id, in: environment) else { continue }
                if node.inputs.indices.contains(where: { constants.contains($0) && node.inputs[$0] == id }) {
                    tensor.isKnown = true
                }
                known[id] = RuntimeValue.tensor(tensor).known
            }
            let plan = try program.plan(root.node, known: known)
            guard let missing = plan.deferred.roots.first else {
                let execution = try Execution(plan, session)
                for info in plan.inputs {
                    if case .tensor(let tensor)? = try value(info.value, in: environment) {
                        execution.store(tensor.data, in: info)
                    }
                }
                execution.loadVariables()
                try execution.runSteps()
                execution.saveVariables()
                return plan.outputs.map { info in
                    .tensor(RuntimeTensor(type: info.type, sizes: info.shape, data: execution.contents(of: info)))
                }
            }
            guard !missing.operands.isSubset(of: constants) else {
                throw RuntimeError(
                    .unknownShape, "the shape of the result cannot be told",
                    at: program.graph.describe(root.node))
            }
            constants.formUnion(missing.operands)
        }
    }
}
