import Evaluation
import ModelGraph
import Operators
import Runtime

/// Writes one operator of a model as a model of its own, and what it reads for one sample as arrays beside it.
package struct LayerExtraction: Sendable {
    private let layer: String
    private let output: String
    private let replaces: Bool

    /// - Parameters:
    ///   - layer: the name of a tensor that the operator computes, or of the operator itself.
    ///   - output: where the model goes; the arrays go beside it, with the ending `.npz`.
    package init(layer: String, output: String, replaces: Bool) {
        self.layer = layer
        self.output = output
        self.replaces = replaces
    }

    struct Targets {
        var model: OutputTarget
        var arrays: OutputTarget
    }

    /// - Parameter paths: files that are read, and stay as they are.
    func targets(reading paths: [String]) throws(OptimizationError) -> Targets {
        let (folder, name) = FilePath.split(output)
        let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
        let targets = Targets(
            model: try OutputTarget(output, replaces: replaces),
            arrays: try OutputTarget(folder + stem + ".npz", replaces: replaces))
        for path in paths {
            guard let identity = FilePath.look(at: path)?.identity else { continue }
            for target in [targets.model, targets.arrays] where target.existing == identity {
                throw OptimizationError(.output, "the output would overwrite what is read", at: target.path)
            }
        }
        return targets
    }

    /// - Returns: the paths of the files.
    func write(
        _ file: ModelFile, sample: any SampleSource, numerics: Numerics, to targets: Targets
    ) throws -> [String] {
        let graph = file.model.main
        let id = try node(in: graph)
        var inputs: [ValueID] = []
        for case let value? in graph[id].inputs where graph[value].constant == nil && !inputs.contains(value) {
            inputs.append(value)
        }
        let plan = try plan(file, numerics)
        let arrays = try values(of: inputs.map { graph[$0].name }, plan, sample: sample)
        let model = try extract(id, reading: inputs, from: file.model, plan)
        let staged = (model: try StagedFile(for: targets.model), arrays: try StagedFile(for: targets.arrays))
        let data = try ModelOutput(form: nil, replacesData: replaces).write(model, to: staged.model)
        do { _ = try ModelFile(path: staged.model.path, data: data?.file) } catch {
            throw OptimizationError(.internal, "the layer cannot be read again: \(error)", at: layer)
        }
        try StagedFiles.protecting { try arrays.write(to: staged.arrays.path, replacing: true) }
        try staged.arrays.commit()
        try staged.model.commit(with: data)
        return [targets.model.path, targets.arrays.path]
    }

    /// The plan in which all tensors can be read. Integer operators of a .onnx are taken as the graph has them, so that each
    /// of them has its operands.
    private func plan(_ file: ModelFile, _ numerics: Numerics) throws -> Plan {
        var options = PlanOptions(for: file.runnable)
        options.numerics = numerics
        options.keepsAllValues = true
        return try Plan(file.model, options: options)
    }

    /// The operator that computes the tensor of this name, or that bears it itself.
    private func node(in graph: Graph) throws(OptimizationError) -> NodeID {
        if let id = graph.order.first(where: { graph[$0].outputs.contains { graph[$0].name == layer } }) { return id }
        if let id = graph.order.first(where: { graph[$0].name == layer }) { return id }
        throw OptimizationError(
            .usage, "no operator computes a tensor of the name '\(layer)'",
            remedy: "'optimize inspect MODEL' lists the names")
    }

    /// The operator alone, with what it reads as inputs or constants.
    private func extract(_ id: NodeID, reading inputs: [ValueID], from model: Model, _ plan: Plan) throws -> Model {
        var graph = model.main
        let node = graph[id]
        guard !(node.operation is OpaqueOperation && model.graphs.count > 1),
            node.implicitInputs.allSatisfy({ graph[$0].constant != nil })
        else {
            throw OptimizationError(
                .unsupported, "an operator with graphs of its own cannot stand alone", at: graph.describe(id))
        }
        var tensors: [String: TensorInfo] = [:]
        for value in plan.inputs.map(\.value) + plan.steps.flatMap(\.outputs) {
            if let tensor = plan.info(of: value) { tensors[tensor.name] = tensor }
        }
        var patch = GraphPatch("keep one operator", for: graph)
        patch.setInterface(inputs: inputs, outputs: node.outputs)
        for other in graph.order where other != id { patch.removeNode(other) }
        let operands = node.inputs.compactMap { $0 } + node.implicitInputs + node.intermediates
        let kept = Set(operands + node.outputs)
        for value in graph.valueIDs where !kept.contains(value) { patch.removeValue(value) }
        for value in inputs + node.outputs {
            // A file may leave open what the operator's neighbours would have told.
            var told = graph[value]
            guard let tensor = tensors[told.name] else { continue }
            told.type = tensor.type
            told.shape = Shape(tensor.shape)
            patch.updateValue(value, told)
        }
        try graph.apply(patch)
        return Model(format: model.format, graphs: [graph], source: model.source)
    }

    /// What the operator reads for the first sample.
    private func values(of inputs: [String], _ plan: Plan, sample: any SampleSource) throws -> NPZWriter {
        let execution = try Execution(plan)
        try execution.withInputs { try sample.load(sample: 0, into: $0, as: plan.inputs) }
        let names = Set(inputs)
        var writer = NPZWriter()
        var found: Set<String> = []
        try execution.run { value, bytes in
            guard let tensor = execution.info(of: value) ?? plan.info(of: value), names.contains(tensor.name),
                found.insert(tensor.name).inserted
            else { return }
            try writer.add(tensor.name, type: tensor.type, shape: tensor.shape, bytes: bytes)
        }
        guard found == names else {
            let missing = names.subtracting(found).sorted().joined(separator: ", ")
            throw OptimizationError(
                .unsupported, "the operator's inputs \(missing) are not computed by themselves", at: layer,
                remedy: "choose other numerics")
        }
        return writer
    }
}
