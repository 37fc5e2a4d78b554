import ModelGraph
import Operators

/// One run of an operator that is no kernel: control flow, variables.
struct HostedRun {
    let program: Program
    let node: NodeID
    let inputs: [RuntimeValue?]
    /// What the operator's graphs take from the graph around them, as the node lists it.
    let captured: [RuntimeValue]
    let session: Session

    var location: String { program.graph.describe(node) }

    func results(of operation: any Operation) throws -> [RuntimeValue] {
        switch operation {
        case let operation as If: try results(of: operation)
        case let operation as While: try results(of: operation)
        case let operation as Loop: try results(of: operation)
        case let operation as Scan: try results(of: operation)
        case let operation as SequenceOperation: try results(of: operation)
        case let operation as CallOnce: try results(of: operation)
        case let operation as VariableHandle: [.variable("\(operation.container)\0\(operation.sharedName)")]
        case is ReadVariable: [try readVariable()]
        case is AssignVariable: try assignVariable()
        default:
            throw RuntimeError(.unsupportedOperator, "the operator \(operation.name) is not supported", at: location)
        }
    }

    // MARK: Operands

    func operand(_ index: Int) throws(RuntimeError) -> RuntimeValue {
        guard let value = inputs.indices.contains(index) ? inputs[index] : nil else {
            throw RuntimeError(.invalidModel, "operand \(index) is missing", at: location)
        }
        return value
    }

    /// All operands, none of which may be left out.
    func operands(from first: Int = 0) throws(RuntimeError) -> [RuntimeValue] {
        var values: [RuntimeValue] = []
        for index in inputs.indices.dropFirst(first) { values.append(try operand(index)) }
        return values
    }

    func tensor(_ value: RuntimeValue) throws(RuntimeError) -> RuntimeTensor {
        guard case .tensor(let tensor) = value else {
            throw RuntimeError(.invalidModel, "what is no tensor stands where one is needed", at: location)
        }
        return tensor
    }

    /// One element as a truth value: what is not 0 is true.
    func truth(_ value: RuntimeValue) throws(RuntimeError) -> Bool {
        let tensor = try tensor(value)
        guard tensor.type == .bool, tensor.data.byteCount == 1 else {
            throw RuntimeError(
                .invalidModel, "a condition is \(tensor.type) \(tensor.sizes), not one truth value", at: location)
        }
        return tensor.data.elements(as: UInt8.self) != [0]
    }

    // MARK: Graphs

    /// Runs a graph of the operator's.
    ///
    /// - Parameter position: which of the operator's graphs it is.
    func run(_ reference: GraphReference, _ position: Int, _ operands: [RuntimeValue]) throws -> [RuntimeValue] {
        guard session.depth < Program.depthLimit else {
            throw RuntimeError(
                .unsupportedOperator, "graphs call each other more than \(Program.depthLimit) deep", at: location)
        }
        try session.countCall(at: location)
        session.depth += 1
        defer { session.depth -= 1 }
        let called = try program.program(reference, of: node, position: position)
        var inputs = operands
        if case .body(_, let places) = reference { inputs += try captured(places) }
        let plan = try called.plan(for: inputs, at: location)
        return try session.execution(for: plan).call(inputs).map(\.unknown)
    }

    private func captured(_ places: [Int]) throws(RuntimeError) -> [RuntimeValue] {
        var values: [RuntimeValue] = []
        for place in places {
            guard captured.indices.contains(place) else {
                throw RuntimeError(.invalidModel, "a graph takes what is not around it", at: location)
            }
            values.append(captured[place])
        }
        return values
    }

    private func results(of operation: If) throws -> [RuntimeValue] {
        let isTrue = try truth(try operand(0))
        return try run(isTrue ? operation.then : operation.otherwise, isTrue ? 0 : 1, try operands(from: 1))
    }

    private func results(of operation: CallOnce) throws -> [RuntimeValue] {
        if session.isFirst(node, of: program) { _ = try run(operation.graph, 0, []) }
        return []
    }

    // MARK: Variables

    private func variable() throws(RuntimeError) -> String {
        guard case .variable(let name) = try operand(0) else {
            throw RuntimeError(.invalidModel, "operand 0 names no variable", at: location)
        }
        return name
    }

    private func readVariable() throws(RuntimeError) -> RuntimeValue {
        guard let tensor = session[variable: try variable()] else {
            throw RuntimeError(.invalidModel, "the variable is read before it is given a value", at: location)
        }
        return .tensor(tensor)
    }

    private func assignVariable() throws(RuntimeError) -> [RuntimeValue] {
        var tensor = try tensor(try operand(1))
        tensor.isKnown = false
        session[variable: try variable()] = try session.charged(tensor, at: location)
        return []
    }
}
