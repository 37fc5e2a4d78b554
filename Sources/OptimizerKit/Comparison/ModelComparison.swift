import Evaluation
import ModelGraph
import Reporting
import Runtime

/// Runs two models, or one with the arithmetic of two engines, on the same samples, and compares them tensor by tensor.
package struct ModelComparison: Sendable {
    private let models: [String]
    private let numerics: [EngineNumerics]
    private let samples: ComparisonSamples
    private let extraction: LayerExtraction?
    private let threads: ThreadPool

    /// - Parameters:
    ///   - models: the paths of one or two models.
    ///   - numerics: one for both models or one for each; empty for those of the engine that a model's format belongs to.
    ///     For one model, two.
    ///   - extraction: a layer of the first model to write as a model of its own.
    package init(
        models: [String], numerics: [EngineNumerics], samples: ComparisonSamples, extraction: LayerExtraction? = nil,
        threads: Int?
    ) {
        self.models = models
        self.numerics = numerics
        self.samples = samples
        self.extraction = extraction
        self.threads = ThreadPool(threads: threads ?? ThreadPool.defaultThreadCount)
    }

    /// What `ModelComparison` came to.
    package struct Result: Sendable {
        /// nil if only a layer was to be written.
        package var divergence: Divergence?
        /// The files written for the layer.
        package var files: [String] = []
    }

    package func run() throws(OptimizationError) -> Result {
        do {
            let files = try readModels()
            let target = try extraction.map { try $0.targets(reading: models + samples.paths) }
            let sides = Self.sides(of: files, numerics)
            let plans = try sides.map { side in
                var options = PlanOptions(for: side.file.runnable)
                options.numerics = side.numerics
                options.joinsOperators = false
                options.inputShapes = try samples.shapes(for: side.file)
                return try Plan(side.file.runnable, options: options)
            }
            if plans.count == 2 { try requireSameInputs(plans) }
            let source = try samples.source(for: files[0], plan: plans[0])
            var result = Result()
            if let extraction, let target {
                result.files = try extraction.write(files[0], sample: source, numerics: sides[0].numerics, to: target)
            }
            if plans.count == 2 {
                result.divergence = try compare(sides, plans, on: source)
            }
            return result
        } catch {
            throw OptimizationError(error)
        }
    }

    /// Reads the models, each with those of the given shapes that it leaves open.
    private func readModels() throws(OptimizationError) -> [ModelFile] {
        var unused = Set(samples.givenShapes.map(\.name))
        var files: [ModelFile] = []
        for path in models {
            let file = try ModelFile(path: path)
            let inputs = file.model.main.inputs.map { file.model.main[$0] }
            unused.subtract(inputs.map(\.name))
            let open = Set(inputs.filter { $0.shape?.isDynamic ?? true }.map(\.name))
            let shapes = samples.givenShapes.filter { open.contains($0.name) }
            files.append(shapes.isEmpty ? file : try ModelFile(path: path, shapes: shapes))
        }
        if let name = unused.min() {
            throw OptimizationError(.usage, "--shape names '\(name)', and no model has such an input", at: models.last)
        }
        return files
    }

    private func requireSameInputs(_ plans: [Plan]) throws(OptimizationError) {
        let counts = plans.map { plan in plan.inputs.map { $0.shape.reduce(1, *) } }
        guard counts[0] != counts[1] else { return }
        let shapes = plans.map { plan in plan.inputs.map { "\($0.name) \($0.shape)" }.joined(separator: ", ") }
        throw OptimizationError(
            .usage, "the models take different inputs: \(shapes[0]) and \(shapes[1])", at: models.last)
    }

    private struct Side {
        var file: ModelFile
        var numerics: Numerics
    }

    /// The two runs to compare; one if there is only one model and no second arithmetic.
    private static func sides(of files: [ModelFile], _ numerics: [EngineNumerics]) -> [Side] {
        let own = files.map { PlanOptions(for: $0.runnable).numerics }
        if files.count == 1 {
            guard !numerics.isEmpty else { return [Side(file: files[0], numerics: own[0])] }
            return numerics.map { Side(file: files[0], numerics: $0.runtime) }
        }
        return files.indices.map { index in
            let given = numerics.count > index ? numerics[index] : numerics.last
            return Side(file: files[index], numerics: given?.runtime ?? own[index])
        }
    }

    private func compare(_ sides: [Side], _ plans: [Plan], on source: any SampleSource) throws -> Divergence {
        let measured = try Evaluator.divergence(plans[0], plans[1], on: source, threads: threads)
        var divergence = Divergence(
            first: .init(path: sides[0].file.path, numerics: sides[0].numerics.rawValue),
            second: .init(path: sides[1].file.path, numerics: sides[1].numerics.rawValue), source: source.summary,
            samples: measured.samples, agreeing: measured.agreeing)
        var operations: [String: String] = [:]
        var types: [String: String] = [:]
        for step in plans[1].steps {
            for output in step.outputs {
                guard let tensor = plans[1].info(of: output) else { continue }
                operations[tensor.name] = step.operation
                types[tensor.name] = tensor.type.rawValue
            }
        }
        let outputs = Set(plans[1].outputs.map(\.name))
        divergence.layers = measured.tensors.map { tensor in
            Divergence.Layer(
                name: tensor.name, operation: operations[tensor.name] ?? "", type: types[tensor.name] ?? "",
                values: tensor.statistics.elementCount, differing: tensor.statistics.differing,
                largestStep: tensor.largestStep, largestDifference: tensor.statistics.largestDifference,
                snr: tensor.statistics.snr, isOutput: outputs.contains(tensor.name))
        }
        let names = plans.map { plan in Set(plan.steps.flatMap(\.outputs).compactMap { plan.info(of: $0)?.name }) }
        divergence.unmatched = names[0].symmetricDifference(names[1]).count
        return divergence
    }
}

/// Where a comparison's samples come from.
package struct ComparisonSamples: Sendable {
    private let arrays: String?
    private let options: OptimizationOptions

    /// - Parameters:
    ///   - arrays: a `.npz` file with all inputs, named after the model's; nil for a data set or made-up samples.
    ///   - options: the data set (`evaluation`), its preprocessing, and how many samples to take of it
    ///     (`calibrationLimit`).
    package init(arrays: String?, options: OptimizationOptions) {
        self.arrays = arrays
        self.options = options
    }

    /// The files that are read.
    var paths: [String] { [arrays, options.evaluation].compactMap { $0 } }

    /// The extents that the user gives to inputs whose shape a model leaves open.
    var givenShapes: [OptimizationOptions.InputShape] { options.shapes }

    /// How many made-up samples are taken.
    private static let syntheticCount = 8

    /// The extents that the arrays give to inputs whose shape a model leaves open.
    func shapes(for file: ModelFile) throws -> [String: [Int]] {
        guard let arrays else { return [:] }
        return ArrayInputs(try NPZReader(path: arrays), of: file.runnable).shapes
    }

    func source(for file: ModelFile, plan: Plan) throws -> any SampleSource {
        if let arrays {
            return try ArrayInputs(try NPZReader(path: arrays), of: file.runnable).batch(for: plan.inputs)
        }
        if let dataset = try JobData(options).evaluation {
            return FirstSamples(dataset, limit: options.calibrationLimit ?? dataset.count)
        }
        return FirstSamples(
            try SyntheticSamples(for: file.runnable), limit: options.calibrationLimit ?? Self.syntheticCount)
    }
}
