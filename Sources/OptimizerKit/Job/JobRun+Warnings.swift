import ModelGraph
import Optimization
import Reporting

/// What a job says of results that its user may not expect.
extension JobRun {
    mutating func warnAboutInput(_ model: Model) throws(OptimizationError) {
        if model.format == .tflite, options.activations == .u8 || options.usesQOperators {
            try warn("--activations u8 and --qoperator have no effect on a .tflite")
        }
        guard options.quantization != nil, model.main.holdsIntegers else { return }
        try warn(
            quantization(of: model) == nil
                ? "the model is quantized already, and is not quantized again"
                : "the model holds quantized layers; its integer operators and weights stay as they are")
    }

    /// Gates on accuracy need labels, and are percentages.
    mutating func checkLabels(_ data: JobData) throws(OptimizationError) {
        if let dataset = data.evaluation, dataset.labels == nil,
            options.gates.maximumDrop != nil || options.gates.minimumAccuracy != nil
        {
            throw OptimizationError(
                .usage, "the samples bear no labels, so that --max-drop and --min-accuracy cannot be measured",
                at: options.evaluation, remedy: "give them labels (an array y, folders of classes, labels.csv)")
        }
        if let limit = options.gates.minimumAccuracy, limit > 0, limit < 1 {
            try warn("--min-accuracy is in percent: \(limit) is less than one percent")
        }
    }

    /// Says that the input model does no better than guessing, within two standard deviations of the binomial
    /// distribution: its samples are then seldom what it was trained on, and no accuracy that is measured means much.
    mutating func warnAboutGuessing(
        _ accuracy: Report.Accuracy?, _ model: RunnableModel
    ) throws(OptimizationError) {
        guard let accuracy, let top1 = accuracy.top1, let output = model.plan?.outputs.first else { return }
        let classes = output.shape.reduce(1, *)
        guard classes > 1 else { return }
        let (count, share) = (Double(accuracy.count), 1 / Double(classes))
        let limit = count * share + 2 * (count * share * (1 - share)).squareRoot()
        guard count >= Self.fewestSamples, Double(accuracy.correct) <= limit else { return }
        let percent = (1000 * top1).rounded() / 10
        try warn(
            "the input model is right about \(percent) % of the samples, no better than guessing among \(classes) "
                + "classes: they may need --scale and --offset, or their labels another order")
    }

    /// Fewer samples say nothing of whether a model guesses.
    private static let fewestSamples = 50.0

    /// Says that nothing was changed, or not what was asked for, which may be unexpected.
    mutating func warnAboutNothing(_ model: Model, _ records: [PassRecord]) throws(OptimizationError) {
        guard options.patchLimit == nil else { return }
        let asksForNothing =
            options.pruning == nil && options.quantization == nil && !options.usesQOperators && options.passes == nil
            && options.evaluation == nil && options.reports.isEmpty && options.gates.maximumSize == nil
        if asksForNothing, !model.main.holdsIntegers, records.allSatisfy(\.patches.isEmpty) {
            try warn(
                "nothing was changed, the result is a copy: --int8, --dynamic-range, --weight-only and --prune make a "
                    + "model smaller")
        }
        func changed(_ pass: String) -> Bool { records.contains { $0.pass == pass && !$0.patches.isEmpty } }
        if let pruning = options.pruning, pruning.sparsity > 0, !changed(PrunePass.name) {
            let passes = records.map(\.pass)
            let isLate =
                changed(QuantizePass.name)
                && passes.firstIndex(of: QuantizePass.name) ?? 0 < passes.firstIndex(of: PrunePass.name) ?? 0
            try warn(
                isLate
                    ? "nothing was pruned: the weights were quantized before"
                    : "nothing was pruned: no layer has real weights that may be")
        }
        if !changed(QuantizePass.name) { try warnAboutUnquantized(model) }
    }

    private mutating func warnAboutUnquantized(_ model: Model) throws(OptimizationError) {
        guard quantization(of: model) != nil else { return }
        if options.quantization == .int8, let type = model.main.otherRealType {
            return try warn(
                "nothing was quantized: the model computes in \(type.rawValue), and --int8 starts from float32; "
                    + "--dynamic-range makes its weights int8")
        }
        let inner =
            model.main.unknownOperators.isEmpty ? "" : "; operators that run graphs, and unknown ones, stay as they are"
        try warn("nothing was quantized: no operator has constant real weights that could be\(inner)")
    }

    mutating func warnAboutRunning(
        _ before: RunnableModel, _ after: RunnableModel
    ) throws(OptimizationError) {
        if before.plan != nil, let obstacle = after.obstacle, options.patchLimit == nil {
            throw OptimizationError(.internal, "the result cannot be run, so it is not kept: \(obstacle)")
        }
        guard let reason = before.obstacle ?? after.obstacle else { return }
        let which = before.obstacle == nil ? "result" : "model"
        if options.evaluation != nil {
            try warn("accuracy was not measured: the \(which) cannot be run here: \(reason)")
        } else if options.quantization != nil || options.pruning != nil {
            try warn("the models were not compared: the \(which) cannot be run here: \(reason)")
        }
    }

    /// Says which inputs and outputs are not of the type that was asked for.
    mutating func warnAboutInterface(of model: Model) throws(OptimizationError) {
        guard options.interface == .int8 else { return }
        let graph = model.main
        let real = (graph.inputs + graph.outputs).filter { graph[$0].type == .float32 }.map { graph[$0].name }
        guard !real.isEmpty else { return }
        try warn(
            "these inputs and outputs stay float, as the operators there have no int8 form: "
                + real.joined(separator: ", "))
    }
}
