import Evaluation
import ModelGraph
import Runtime

/// Runs a model once on the arrays of a `.npz` file, and writes its outputs to another.
package struct ModelRun: Sendable {
    private let model: String
    private let arrays: String
    private let output: String
    private let replacesOutput: Bool
    private let threads: Int?

    package init(model: String, arrays: String, output: String, replacesOutput: Bool, threads: Int?) {
        self.model = model
        self.arrays = arrays
        self.output = output
        self.replacesOutput = replacesOutput
        self.threads = threads
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
            let reader = try NPZReader(path: arrays)
            let plan = try Plan(file.runnable, options: PlanOptions(for: file.runnable))
            let pool = ThreadPool(threads: threads ?? ThreadPool.defaultThreadCount)
            let execution = try Execution(plan, pool: pool)
            try execution.withInputs { buffers in
                for (tensor, buffer) in zip(plan.inputs, buffers) {
                    try load(tensor, into: buffer, from: reader, isOnly: plan.inputs.count == 1)
                }
            }
            try execution.run()
            return try write(execution, plan, to: target)
        } catch {
            throw OptimizationError(error)
        }
    }

    private func load(
        _ tensor: TensorInfo, into buffer: UnsafeMutableRawBufferPointer, from reader: NPZReader, isOnly: Bool
    ) throws {
        let only = isOnly && reader.members.count == 1 ? reader.members.first : nil
        guard let member = reader.member(tensor.name) ?? only else {
            throw OptimizationError(
                .unreadable, "there is no array for the input '\(tensor.name)' \(tensor.shape)", at: arrays,
                remedy: "the file holds \(reader.names.isEmpty ? "none" : reader.names.joined(separator: ", "))")
        }
        let shape = member.header.shape
        guard shape == tensor.shape || [1] + shape == tensor.shape else {
            throw OptimizationError(
                .unreadable,
                "the array '\(member.name)' has shape \(shape), and the input '\(tensor.name)' takes \(tensor.shape)",
                at: arrays)
        }
        let array = try reader.array(member)
        let bytes = array.rowMajorBytes()
        if array.element.elementType == tensor.type {
            guard bytes.count == buffer.count else {
                throw OptimizationError(
                    .internal, "\(bytes.count) bytes for an input of \(buffer.count)", at: tensor.name)
            }
            buffer.copyBytes(from: bytes)
        } else if let integers = bytes.withUnsafeBytes(array.element.integers), tensor.type.isInteger,
            tensor.quantization == nil
        {
            try InputEncoding.store(integers: integers, into: buffer, as: tensor)
        } else {
            // Real numbers, quantized where the input is.
            try InputEncoding.store(bytes.withUnsafeBytes(array.element.floats), into: buffer, as: tensor)
        }
    }

    private func write(_ execution: Execution, _ plan: Plan, to target: OutputTarget) throws -> [Output] {
        var writer = NPZWriter()
        var outputs: [Output] = []
        for index in plan.outputs.indices {
            let tensor = execution.outputInfo(index)
            var name = tensor.name.isEmpty ? "output_\(index)" : tensor.name
            if outputs.contains(where: { $0.name == name }) { name += "_\(index)" }
            try execution.withOutput(index) { bytes in
                try writer.add(name, type: tensor.type, shape: tensor.shape, bytes: bytes)
            }
            outputs.append(Output(name: name, type: tensor.type.rawValue, shape: tensor.shape))
        }
        let staged = try StagedFile(for: target)
        try StagedFiles.protecting { try writer.write(to: staged.path, replacing: false) }
        try staged.commit()
        return outputs
    }
}
