import CKernels
import ModelGraph
import Operators

package struct PlanOptions: Sendable {
    package var numerics: Numerics = .reference
    /// Whether every tensor keeps its own memory, so that all of them can be read when a run is over.
    package var keepsAllValues = false
    /// Whether operators may be joined, so that nobody can observe the values between them.
    package var joinsOperators = true
    /// Whether clamps are joined with what they clamp even so, which changes no bit: only what they cut off is not seen.
    package var joinsClamps = false
    /// The best instruction set to use; nil for the best that there is, or what `OPTIMIZE_ISA` in the environment names.
    package var instructionSet: InstructionSet?
    /// Shapes of graph inputs, by name, where the model leaves them open. Without one a batch is 1.
    package var inputShapes: [String: [Int]] = [:]
    /// Whether weights are left where they are, which takes no time and no memory: the plan tells what running would take,
    /// and that it is possible, and no `Execution` can be made of it.
    package var isForFigures = false

    /// The extent of the inputs' first axis where it would be 1. Not every model takes several samples at once:
    /// `Plan.batched` finds out.
    package var batch = 1

    package init() {}

    /// The limit for kernels.
    var isa: ck_isa {
        let best = InstructionSet.best
        return min(best, instructionSet ?? best).isa
    }
}

/// Instruction sets that kernels are compiled for, in the order of preference.
package enum InstructionSet: UInt32, Sendable, CaseIterable, Comparable {
    case portable
    case avx2
    case avxVNNI
    case avx512
    case neonDot
    case neonI8MM

    /// As `OPTIMIZE_ISA` and reports name it.
    package var name: String {
        switch self {
        case .portable: "portable"
        case .avx2: "avx2"
        case .avxVNNI: "avx_vnni"
        case .avx512: "avx512"
        case .neonDot: "neon_dot"
        case .neonI8MM: "neon_i8mm"
        }
    }

    package static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.rawValue < b.rawValue }

    var isa: ck_isa { ck_isa(rawValue: rawValue) }

    /// Whether this processor has it.
    package var isAvailable: Bool { ck_has_isa(isa) != 0 }

    /// The best one that this processor has.
    package static var best: InstructionSet { InstructionSet(rawValue: ck_best_isa().rawValue) ?? .portable }
}

/// One operator of a plan.
package struct StepInfo: Sendable {
    package var node: NodeID
    /// As errors name the node.
    package var name: String
    package var operation: String
    /// Of linear operators; 0 for all others.
    package var multiplyAdds: Int
    /// Whether its arithmetic is that of integers.
    package var isInteger = false
    package var outputs: [ValueID]
}

/// Where a value is while a plan runs.
enum Location: Sendable {
    /// The offset into the arena.
    case arena(Int)
    /// Memory of the plan.
    case constant(UnsafeRawPointerBox)
    /// The execution's `ck_status`.
    case status
}

/// A pointer into memory that the plan owns and nobody writes to any more.
struct UnsafeRawPointerBox: @unchecked Sendable {
    let pointer: UnsafeRawPointer
}

/// A kernel call with its operands as places.
struct PlannedCall: @unchecked Sendable {
    var function: ck_function
    var parameters: UnsafeRawPointer
    var operands: [Location?]
    var units: Int
    /// About how many picoseconds one unit takes on one core.
    var cost: Int
}

struct PlannedStep: Sendable {
    var info: StepInfo
    var calls: [PlannedCall]
}

/// A model made ready to run: shapes resolved, constants folded, weights packed, kernels chosen, memory laid out.
///
/// A model whose shapes all follow from its inputs' is planned once and for all. Of any other (`isDynamic`) this is the
/// first stage; what comes behind it is planned while it runs, and kept for runs with the same shapes.
///
/// A plan never changes; any number of executions can use it at once.
package final class Plan: Sendable {
    package let options: PlanOptions
    /// What is fed, in the graph's order; graph inputs that are constant are left out.
    package let inputs: [TensorInfo]
    /// What comes out. What only running tells of a dynamic model's outputs, `Execution.outputInfo` has after a run: here
    /// their extents are what the graph declares, and 0 where it does not.
    package let outputs: [TensorInfo]
    /// Bytes that one execution takes for all tensors that are computed or fed.
    package let arenaByteCount: Int
    /// Bytes of packed weights, folded constants and kernel parameters.
    package let constantByteCount: Int
    /// The sum over all steps.
    package let multiplyAdds: Int
    /// All operators that run; those of later stages have no multiply-adds yet.
    package let steps: [StepInfo]

    let program: Program
    /// What is left to later stages.
    let deferred: Deferred
    /// Values that later stages read or that come out.
    let liveOutputs: [ValueID]
    /// Tensors that keep their content from run to run.
    let variables: [TensorInfo]
    let plannedSteps: [PlannedStep]
    private let tensors: [TensorInfo?]
    /// The extents as stored of tensors whose channels the model has first and that are stored with them last.
    private let orders: [[Int]?]
    private let locations: [Location?]
    /// What later stages may take as known.
    private let constants: [Int: TensorData]
    /// Keeps what the calls point to alive.
    private let storage: Storage
    /// Keeps alive what tells plans apart by its address.
    private let known: [ValueID: KnownValue]

    /// Plans a graph of a model.
    ///
    /// - Parameter pool: threads that pack weights; nil for the calling one.
    /// - Throws: `RuntimeError` if the graph is not valid, holds an operator or a combination of types that the
    ///   runtime does not have, or takes more memory than there is.
    package convenience init(
        _ model: Model, graph: Int = 0, options: PlanOptions = PlanOptions(), pool: ThreadPool? = nil
    ) throws(RuntimeError) {
        guard model.graphs.indices.contains(graph) else {
            throw RuntimeError(.invalidModel, "the model has no graph \(graph)")
        }
        let context = Program.Context(model, graph: graph, options: options)
        let program = try Program(context.root, context, depth: 0)
        try self.init(program, order: program.graph.order, known: nil, outputs: program.graph.outputs, pool: pool)
    }

    /// Plans nodes of a graph as far as that goes.
    ///
    /// - Parameters:
    ///   - order: the nodes that are yet to run.
    ///   - known: what was made before; nil for the beginning of a graph that is fed what it declares.
    ///   - outputs: what is wanted in the end.
    init(
        _ program: Program, order: [NodeID], known: [ValueID: KnownValue]?, outputs results: [ValueID],
        pool: ThreadPool? = nil
    ) throws(RuntimeError) {
        var graph = program.graph
        graph.setInterface(inputs: graph.inputs, outputs: results)
        var planner = Planner(graph: graph, order: order, options: program.context.options)
        planner.storage.packingPool = pool
        try planner.plan(known: known)
        planner.storage.packWaiting()
        planner.storage.packingPool = nil
        let arena = try planner.placeBuffers()
        self.program = program
        self.known = known ?? [:]
        options = program.context.options
        arenaByteCount = arena
        storage = planner.storage
        constantByteCount = planner.storage.byteCount
        tensors = planner.tensors.indices.map { planner.info(of: ValueID(index: $0)) }
        orders = planner.tensors.map { $0.flatMap { $0.isMoved ? $0.sizes : nil } }
        plannedSteps = try planner.plannedSteps(valueCount: program.valueCount)
        locations = try planner.locations()
        deferred = planner.deferred
        let later = planner.deferred.nodes.map { id in
            StepInfo(
                node: id, name: graph.describe(id), operation: graph[id].operation.name, multiplyAdds: 0,
                outputs: graph[id].outputs.filter { $0.index < program.valueCount })
        }
        steps = plannedSteps.map(\.info) + later
        multiplyAdds = steps.reduce(0) { $0.addingReportingOverflow($1.multiplyAdds).partialValue }
        inputs = planner.fed.compactMap(planner.info)
        outputs = results.map { planner.info(of: $0) ?? TensorInfo(declared: graph[$0], $0) }
        variables = planner.variables.compactMap(planner.info)
        if planner.deferred.nodes.isEmpty {
            liveOutputs = results
            constants = [:]
        } else {
            let needed = Set(planner.deferred.nodes.flatMap(graph.reads) + results)
            liveOutputs = needed.filter { planner.tensors[$0.index] != nil }.sorted()
            constants = Dictionary(
                uniqueKeysWithValues: liveOutputs.compactMap { id in
                    planner.tensors[id.index]?.constant.map { (id.index, $0) }
                })
        }
    }

    /// Whether a run depends on nothing but its inputs, and makes outputs of the shapes that the plan tells.
    package var runsAreIndependent: Bool { !isDynamic && variables.isEmpty }

    /// Whether something can be planned only when the model runs.
    package var isDynamic: Bool { !deferred.nodes.isEmpty }

    /// What the value holds, if that was known while planning and is of use to later stages.
    func constant(of value: ValueID) -> TensorData? { constants[value.index] }

    /// nil for a value that is not part of the plan.
    package func info(of value: ValueID) -> TensorInfo? {
        tensors.indices.contains(value.index) ? tensors[value.index] : nil
    }

    /// The name of a value of the graph, whether or not this stage has it.
    package func name(of value: ValueID) -> String? {
        program.graph.contains(value) ? program.graph[value].name : nil
    }

    /// The extents as stored, if the value's channels are stored last and the model has them first.
    func movedSizes(of value: ValueID) -> [Int]? { orders.indices.contains(value.index) ? orders[value.index] : nil }

    func placement(of value: ValueID) -> Location? {
        locations.indices.contains(value.index) ? locations[value.index] : nil
    }

    /// Whether nothing else is written where the value is.
    func isReadableAfterRun(_ value: ValueID) -> Bool {
        if case .constant = placement(of: value) { return true }
        return options.keepsAllValues || outputs.contains { $0.value == value }
    }
}

extension TensorInfo {
    /// Bytes of the tensor; 0 for types without a fixed width, which no plan holds.
    package var byteCount: Int { Shape.elementCount(shape).flatMap(type.byteCount) ?? 0 }

    /// As the graph declares it, with 0 for what it does not.
    init(declared value: Value, _ id: ValueID) {
        self.init(
            value: id, name: value.name, type: value.type,
            shape: value.shape?.dimensions.map { $0.size ?? 0 } ?? [], quantization: value.quantization)
    }
}
