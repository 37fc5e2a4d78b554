import Evaluation
import ModelGraph
import Runtime

/// Runs a model on the arrays of a `.npz` file, and writes its outputs to another.
///
/// An array may hold several of the model's inputs behind each other along its first axis: the model then runs once for
/// each, in order, and the outputs stand behind each other in the same way. A model with state keeps it from one to the
/// next.
package struct ModelRun: Sendable {
    private let model: String
    private let arrays: String
    private let output: String
    private let replacesOutput: Bool
    private let threads: Int?
    private let numerics: EngineNumerics?

    /// - Parameter numerics: nil for those of the engine that the model's format belongs to.
    package init(
        model: String, arrays: String, output: String, replacesOutput: Bool, threads: Int?,
        numerics: EngineNumerics? = nil
    ) {
        self.model = model
        self.arrays = arrays
        self.output = output
        self.replacesOutput = replacesOutput
        self.threads = threads
        self.numerics = numerics
    }

    /// A written array.
    package struct Output: Sendable, CustomStringConvertible {
        package var name: String
        package var type: String
        package var shape: [Int]

        package var description: String { "\(name) \(type) \(shape)" }
    }

    /// - Returns: the outputs in the model's order.
    package func run() throws(OptimizationError) -> [Output] {
        do {
            let target = try OutputTarget(output, replaces: replacesOutput)
            for path in [model, arrays] where FilePath.look(at: path)?.identity == target.existing {
                if target.existing != nil {
                    throw OptimizationError(.output, "the output would overwrite what is read", at: output)
                }
            }
            let file = try ModelFile(path: model)
            let inputs = ArrayInputs(try NPZReader(path: arrays), of: file.runnable)
            var options = PlanOptions(for: file.runnable)
            if let numerics { options.numerics = numerics.runtime }
            options.inputShapes = inputs.shapes
            let plan = try Plan(file.runnable, options: options)
            let pool = ThreadPool(threads: threads ?? ThreadPool.defaultThreadCount)
            let batch = try inputs.batch(for: plan.inputs)
            var outputs = CollectedOutputs()
            if batch.rounds > 1, plan.runsAreIndependent {
                for bytes in try Evaluator.outputs(of: plan, on: batch, threads: pool) {
                    for (index, bytes) in bytes.enumerated() {
                        try bytes.withUnsafeBytes { try outputs.append($0, of: plan.outputs[index], index: index) }
                    }
                }
            } else {
                try runInOrder(plan, batch, pool, &outputs)
            }
            return try outputs.write(to: target)
        } catch {
            throw OptimizationError(error)
        }
    }

    /// One input after the other: all threads share a run.
    private func runInOrder(
        _ plan: Plan, _ batch: ArrayBatch, _ pool: ThreadPool, _ outputs: inout CollectedOutputs
    ) throws {
        let execution = try Execution(plan, pool: pool)
        for round in 0..<batch.rounds {
            try execution.withInputs { try batch.load(sample: round, into: $0, as: plan.inputs) }
            try execution.run()
            for index in plan.outputs.indices {
                let tensor = execution.outputInfo(index)
                try execution.withOutput(index) { try outputs.append($0, of: tensor, index: index) }
            }
        }
    }
}

/// The outputs of all rounds.
private struct CollectedOutputs {
    private struct Collected {
        var name: String
        var type: ElementType
        var shape: [Int]
        var bytes: [UInt8]
        var rounds = 1
    }

    private var outputs: [Collected] = []

    /// Puts the bytes behind those of the rounds before.
    mutating func append(_ bytes: UnsafeRawBufferPointer, of tensor: TensorInfo, index: Int) throws {
        if index == outputs.count {
            var name = tensor.name.isEmpty ? "output_\(index)" : tensor.name
            if outputs.contains(where: { $0.name == name }) { name += "_\(index)" }
            outputs.append(Collected(name: name, type: tensor.type, shape: tensor.shape, bytes: Array(bytes)))
            return
        }
        // A later round only adds to the first axis; what has none gets one.
        let whole = outputs[index].type.bitWidth.map { $0 >= 8 } ?? false
        guard outputs[index].shape.dropFirst() == tensor.shape.dropFirst(), whole else {
            throw OptimizationError(
                .unreadable, "the output '\(tensor.name)' has another shape for each input", at: tensor.name,
                remedy: "give one input at a time")
        }
        outputs[index].bytes += bytes
        outputs[index].rounds += 1
        if tensor.shape.isEmpty {
            outputs[index].shape = []
        } else {
            outputs[index].shape[0] += tensor.shape[0]
        }
    }

    func write(to target: OutputTarget) throws -> [ModelRun.Output] {
        var writer = NPZWriter()
        var written: [ModelRun.Output] = []
        for output in outputs {
            let shape = output.shape.isEmpty && output.rounds > 1 ? [output.rounds] : output.shape
            try output.bytes.withUnsafeBytes { bytes in
                try writer.add(output.name, type: output.type, shape: shape, bytes: bytes)
            }
            written.append(ModelRun.Output(name: output.name, type: output.type.rawValue, shape: shape))
        }
        let staged = try StagedFile(for: target)
        try StagedFiles.protecting { try writer.write(to: staged.path, replacing: true) }
        try staged.commit()
        return written
    }
}
