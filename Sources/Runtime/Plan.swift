import CKernels
import ModelGraph
import Operators

package struct PlanOptions: Sendable {
    package var numerics: Numerics = .reference
    /// Whether every tensor keeps its own memory, so that all of them can be read when a run is over.
    package var keepsAllValues = false
    /// The best instruction set to use; nil for the best that there is, or what `OPTIMIZE_ISA` in the environment names.
    package var instructionSet: InstructionSet?
    /// Shapes of graph inputs, by name, where the model leaves them open. Without one a batch is 1.
    package var inputShapes: [String: [Int]] = [:]

    package init() {}
}

/// Instruction sets that kernels are compiled for, each with all that stand before it.
package enum InstructionSet: UInt32, Sendable, CaseIterable {
    case portable, avx2, avx512

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
    var cost: Int
}

struct PlannedStep: Sendable {
    var info: StepInfo
    var calls: [PlannedCall]
}

/// A model made ready to run: shapes resolved, constants folded, weights packed, kernels chosen, memory laid out.
///
/// A plan never changes; any number of executions can use it at once.
package final class Plan: Sendable {
    package let options: PlanOptions
    /// What is fed, in the graph's order; graph inputs that are constant are left out.
    package let inputs: [TensorInfo]
    package let outputs: [TensorInfo]
    /// Bytes that one execution takes for all tensors that are computed or fed.
    package let arenaByteCount: Int
    /// Bytes of packed weights, folded constants and kernel parameters.
    package let constantByteCount: Int
    /// The sum over all steps.
    package let multiplyAdds: Int
    package let steps: [StepInfo]

    let plannedSteps: [PlannedStep]
    private let tensors: [TensorInfo?]
    /// The extents as stored of tensors whose channels the model has first and that are stored with them last.
    private let orders: [[Int]?]
    private let locations: [Location?]
    /// Keeps what the calls point to alive.
    private let storage: Storage

    /// Plans a graph of a model.
    ///
    /// - Throws: `RuntimeError` if the graph is not valid, holds an operator or a combination of types that the
    ///   runtime does not have, or takes more memory than there is.
    package init(_ model: Model, graph: Int = 0, options: PlanOptions = PlanOptions()) throws(RuntimeError) {
        guard options.numerics != .xnnpack else {
            throw RuntimeError(
                .unsupportedNumerics, "the numerics '\(options.numerics.rawValue)' are not there yet",
                remedy: "use '\(Numerics.reference.rawValue)'")
        }
        guard model.graphs.indices.contains(graph) else {
            throw RuntimeError(.invalidModel, "the model has no graph \(graph)")
        }
        var planner = Planner(graph: model.graphs[graph], options: options)
        try planner.plan()
        let arena = try planner.placeBuffers()
        self.options = options
        arenaByteCount = arena
        storage = planner.storage
        constantByteCount = planner.storage.byteCount
        tensors = planner.tensors.indices.map { planner.info(of: ValueID(index: $0)) }
        orders = planner.tensors.map { $0.flatMap { $0.isMoved ? $0.sizes : nil } }
        plannedSteps = try planner.plannedSteps()
        locations = try planner.locations()
        steps = plannedSteps.map(\.info)
        multiplyAdds = steps.reduce(0) { $0.addingReportingOverflow($1.multiplyAdds).partialValue }
        let fed = planner.graph.inputs.filter { planner.tensors[$0.index]?.constant == nil }
        inputs = fed.compactMap(planner.info)
        outputs = planner.graph.outputs.compactMap(planner.info)
    }

    /// nil for a value that is not part of the plan.
    package func info(of value: ValueID) -> TensorInfo? {
        tensors.indices.contains(value.index) ? tensors[value.index] : nil
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
}
