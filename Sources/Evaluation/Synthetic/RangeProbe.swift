import ModelGraph
import Operators
import Runtime

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Tells how much like a trained network's the results of a model's first linear operators look.
///
/// Training with normalization, and sound initialization without it, leave results with a spread of about 1 before the
/// activation, in every layer. An input in another unit than the model was trained with shifts the first layers' spread
/// by that unit's factor: images in 0…1 leave a model for 0…255 with its biases alone.
struct RangeProbe {
    /// The model cut off behind one linear operator, whose own activation is taken away.
    private let plans: [Plan]
    static let layerCount = 5
    static let sampleCount = 4

    /// nil if the model has no linear operators that the input reaches, or they cannot be run.
    init?(_ model: Model, input: ValueID) {
        let graph = model.main
        var plans: [Plan] = []
        for id in Self.linearNodes(of: graph, reachedFrom: input).prefix(Self.layerCount) {
            guard let cut = Self.cut(graph, behind: id) else { continue }
            var part = model
            part.main = cut
            part.signatures = []
            guard let plan = try? Plan(part, options: PlanOptions(for: part)) else { break }
            plans.append(plan)
        }
        guard !plans.isEmpty else { return nil }
        self.plans = plans
    }

    private static func linearNodes(of graph: Graph, reachedFrom input: ValueID) -> [NodeID] {
        var reached: Set<ValueID> = [input]
        var nodes: [NodeID] = []
        for id in graph.order {
            let node = graph[id]
            guard node.inputs.contains(where: { $0.map(reached.contains) ?? false }) else { continue }
            reached.formUnion(node.outputs)
            if withoutActivation(node.operation) != nil, let output = node.outputs.first, graph[output].type == .float32
            {
                nodes.append(id)
            }
        }
        return nodes
    }

    private static func withoutActivation(_ operation: any Operation) -> (any Operation)? {
        switch operation {
        case var operation as Convolution:
            operation.activation = .none
            return operation
        case var operation as DepthwiseConvolution:
            operation.activation = .none
            return operation
        case var operation as FullyConnected:
            operation.activation = .none
            return operation
        default: return nil
        }
    }

    private static func cut(_ graph: Graph, behind id: NodeID) -> Graph? {
        guard let position = graph.order.firstIndex(of: id), let operation = withoutActivation(graph[id].operation)
        else {
            return nil
        }
        var patch = GraphPatch("cut", for: graph)
        var node = graph[id]
        node.operation = operation
        node.source = nil
        patch.updateNode(id, node)
        for later in graph.order[(position + 1)...] { patch.removeNode(later) }
        patch.setInterface(inputs: graph.inputs, outputs: [node.outputs[0]])
        return try? graph.applying(patch)
    }

    /// The mean, over the layers, of |ln σ|, where σ is the median over the channels of a result's deviation.
    ///
    /// nil if the model cannot be run.
    func implausibility(of samples: some SampleSource) -> Double? {
        var sum = 0.0
        for plan in plans {
            guard let spread = try? spread(plan, samples) else { return nil }
            // A layer whose result does not change at all says no more than one that changes very little.
            sum += min(10, abs(log(max(spread, 1e-9))))
        }
        return sum / Double(plans.count)
    }

    private func spread(_ plan: Plan, _ samples: some SampleSource) throws -> Double {
        let output = plan.outputs[0]
        let channels = max(1, output.shape.last ?? 1)
        var count = 0.0
        var sums = [Double](repeating: 0, count: channels)
        var squares = sums
        let execution = try Execution(plan)
        for sample in 0..<min(Self.sampleCount, samples.count) {
            try execution.withInputs { try samples.load(sample: sample, into: $0, as: plan.inputs) }
            try execution.run()
            let values = OutputReading.reals(execution, 0)
            for (index, value) in values.enumerated() where value.isFinite {
                let value = Double(value)
                sums[index % channels] += value
                squares[index % channels] += value * value
            }
            count += Double(values.count / channels)
        }
        let deviations = zip(sums, squares).map { sum, square in
            max(0, square / count - sum / count * (sum / count)).squareRoot()
        }
        // Channels that training has switched off say nothing.
        let live = deviations.filter { $0 > 1e-6 }.sorted()
        return live.isEmpty ? 0 : live[live.count / 2]
    }
}
