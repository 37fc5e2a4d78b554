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
        let graph = file.original.main
        let id = try node(in: graph)
        let (model, inputs) = try extract(id, from: file.original)
        let arrays = try values(of: inputs, in: file, sample: sample, numerics: numerics)
        let staged = (model: try StagedFile(for: targets.model), arrays: try StagedFile(for: targets.arrays))
        let data = try ModelOutput(form: nil, replacesData: replaces).write(model, to: staged.model)
        try StagedFiles.protecting { try arrays.write(to: staged.arrays.path, replacing: true) }
        try staged.arrays.commit()
        try staged.model.commit(with: data)
        return [targets.model.path, targets.arrays.path]
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
    private func extract(_ id: NodeID, from model: Model) throws(OptimizationError) -> (Model, inputs: [ValueID]) {
        let graph = model.main
        let node = graph[id]
        guard node.implicitInputs.allSatisfy({ graph[$0].constant != nil }), model.graphs.count == 1 else {
            throw OptimizationError(
                .unsupported, "an operator with graphs of its own cannot stand alone", at: graph.describe(id))
        }
        var single = Graph(name: graph.name)
        var places: [ValueID: ValueID] = [:]
        func place(_ value: ValueID) -> ValueID {
            if let known = places[value] { return known }
            var copy = graph[value]
            copy.source = nil
            let added = single.addValue(copy)
            places[value] = added
            return added
        }
        var alone = node
        alone.inputs = node.inputs.map { $0.map(place) }
        alone.outputs = node.outputs.map(place)
        alone.intermediates = node.intermediates.map(place)
        alone.implicitInputs = node.implicitInputs.map(place)
        single.addNode(alone)
        var inputs: [ValueID] = []
        for case let value? in node.inputs where graph[value].constant == nil && !inputs.contains(value) {
            inputs.append(value)
        }
        single.setInterface(inputs: inputs.map(place), outputs: alone.outputs)
        let result = Model(format: model.format, graphs: [single], source: model.source)
        return (result, inputs)
    }

    /// What the operator reads for the first sample.
    private func values(
        of inputs: [ValueID], in file: ModelFile, sample: any SampleSource, numerics: Numerics
    ) throws -> NPZWriter {
        var options = PlanOptions(for: file.runnable)
        options.numerics = numerics
        options.keepsAllValues = true
        let plan = try Plan(file.runnable, options: options)
        let execution = try Execution(plan)
        try execution.withInputs { try sample.load(sample: 0, into: $0, as: plan.inputs) }
        let graph = file.original.main
        let names = Set(inputs.map { graph[$0].name })
        var writer = NPZWriter()
        var found: Set<String> = []
        try execution.run { value, bytes in
            guard let tensor = plan.info(of: value), names.contains(tensor.name), found.insert(tensor.name).inserted
            else { return }
            try writer.add(tensor.name, type: tensor.type, shape: tensor.shape, bytes: bytes)
        }
        guard found == names else {
            throw OptimizationError(
                .unsupported,
                "the operator's inputs \(names.subtracting(found).sorted().joined(separator: ", ")) are fused into others "
                    + "with \(numerics.rawValue) numerics", at: layer, remedy: "choose other numerics")
        }
        return writer
    }
}
