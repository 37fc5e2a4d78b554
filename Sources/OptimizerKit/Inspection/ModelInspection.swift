import Evaluation
import ModelGraph
import Operators
import Optimization
import Reporting
import Runtime

/// What a model is made of, without changing anything.
package struct ModelInspection: Sendable {
    private let path: String
    private let shapes: [OptimizationOptions.InputShape]

    /// - Parameter shapes: extents for inputs that the file leaves open.
    package init(model path: String, shapes: [OptimizationOptions.InputShape] = []) {
        self.path = path
        self.shapes = shapes
    }

    package func run() throws(OptimizationError) -> Inspection {
        let file = try ModelFile(path: path, shapes: shapes)
        let runnable = RunnableModel(file, isNeeded: true)
        var inspection = Inspection(file: file.summary(compresses: file.byteCount <= ModelFile.compressionLimit))
        inspection.operatorSet = file.model.operatorSetVersion
        inspection.subgraphs = file.model.graphs.count - 1
        let graph = file.model.main
        inspection.inputs = graph.inputs.filter { graph[$0].constant == nil }.map { Self.tensor(graph[$0]) }
        inspection.outputs = graph.outputs.map { Self.tensor(graph[$0]) }
        inspection.multiplyAdds = runnable.plan?.multiplyAdds
        inspection.arenaBytes = runnable.plan?.arenaByteCount
        inspection.obstacle = runnable.obstacle
        inspection.constantBytes = file.original.graphs.reduce(0) { $0 + $1.constantByteCount }
        inspection.layers = Self.layers(of: graph, plan: runnable.plan)
        inspection.parameters = inspection.layers.reduce(0) { $0 + $1.parameters }
        inspection.operators = Self.kinds(of: inspection.layers)
        return inspection
    }

    private static func tensor(_ value: Value) -> Inspection.Tensor {
        Inspection.Tensor(
            name: value.name, type: value.type.rawValue, shape: value.shape?.description ?? "?",
            quantization: value.quantization.flatMap { quantization in
                guard quantization.isPerTensor, value.type.isInteger else { return nil }
                let zeroPoint = quantization.zeroPoint
                let sign = zeroPoint < 0 ? "+" : "−"
                return "\(quantization.scale) · (q \(sign) \(zeroPoint.magnitude))"
            })
    }

    private static func layers(of graph: Graph, plan: Plan?) -> [Inspection.Layer] {
        let connections = GraphConnections(graph)
        let groups = LinearGroup.all(in: graph, connections: connections)
        var weightsOf: [NodeID: LinearGroup] = [:]
        for group in groups { weightsOf[group.linear] = group }
        var multiplyAdds: [String: Int] = [:]
        for step in plan?.steps ?? [] {
            for output in step.outputs {
                if let name = plan?.info(of: output)?.name { multiplyAdds[name] = step.multiplyAdds }
            }
        }
        var tensors: [String: TensorInfo] = [:]
        for value in plan?.steps.flatMap(\.outputs) ?? [] {
            if let tensor = plan?.info(of: value) { tensors[tensor.name] = tensor }
        }
        var seen: Set<TensorData.Identity> = []
        return graph.order.enumerated().map { index, id in
            let node = graph[id]
            var result = node.outputs.first.map { graph[$0] }
            // A file may leave open what the operators tell.
            if let open = result, open.type == .variant || open.shape == nil, let known = tensors[open.name] {
                result?.type = known.type
                result?.shape = Shape(known.shape)
            }
            var layer = Inspection.Layer(
                index: index, operation: node.operation.name, name: result?.name ?? "",
                type: result?.type.rawValue ?? "", shape: result?.shape?.description ?? "?")
            for case let operand? in node.inputs {
                let value = graph[operand]
                guard let constant = value.constant, seen.insert(constant.identity).inserted else { continue }
                layer.constantBytes += constant.byteCount
                // Integers without a scale are axes, shapes and the like.
                if value.type.isFloatingPoint || value.quantization != nil {
                    layer.parameters += value.shape?.elementCount ?? 0
                }
            }
            if let group = weightsOf[id] {
                let source = graph.constantSource(of: group.weights, connections: connections)
                let weights = graph[source]
                layer.weights = describe(weights)
                layer.sparsity = StoredWeights(group, in: graph, connections: connections)?.sparsity
            }
            if plan != nil { layer.multiplyAdds = multiplyAdds[layer.name] ?? 0 }
            return layer
        }
    }

    /// `int8 per channel`
    private static func describe(_ weights: Value) -> String {
        let type = weights.type.rawValue + (weights.isSparse ? " sparse" : "")
        guard let quantization = weights.quantization, weights.type.isInteger else { return type }
        if let size = quantization.blockSize { return type + " in blocks of \(size)" }
        return type + (quantization.isPerTensor ? " per tensor" : " per channel")
    }

    private static func kinds(of layers: [Inspection.Layer]) -> [Inspection.OperatorKind] {
        var kinds: [String: Inspection.OperatorKind] = [:]
        for layer in layers {
            var kind =
                kinds[layer.operation]
                ?? Inspection.OperatorKind(name: layer.operation, count: 0, constantBytes: 0, multiplyAdds: 0)
            kind.count += 1
            kind.constantBytes += layer.constantBytes
            kind.multiplyAdds = kind.multiplyAdds.addingReportingOverflow(layer.multiplyAdds ?? 0).partialValue
            kinds[layer.operation] = kind
        }
        return kinds.values.sorted { a, b in
            (b.constantBytes, b.count, a.name) < (a.constantBytes, a.count, b.name)
        }
    }
}
