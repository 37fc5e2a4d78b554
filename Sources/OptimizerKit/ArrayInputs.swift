import Evaluation
import ModelGraph
import Runtime

/// The arrays of a `.npz` file as a model's inputs.
struct ArrayInputs {
    private let reader: NPZReader
    private let inputs: [Value]

    init(_ reader: NPZReader, of model: Model) {
        self.reader = reader
        let graph = model.main
        inputs = graph.inputs.map { graph[$0] }.filter { $0.constant == nil }
    }

    /// The array for an input: the one of its name, or the only one there is if the model has one input.
    private func member(_ name: String) -> NPZReader.Member? {
        reader.member(name) ?? (inputs.count == 1 && reader.members.count == 1 ? reader.members.first : nil)
    }

    /// The extents that the arrays give to inputs whose shape the model leaves open.
    var shapes: [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for input in inputs {
            guard let given = member(input.name)?.header.shape else { continue }
            guard let shape = input.shape else {
                shapes[input.name] = given
                continue
            }
            guard shape.sizes == nil else { continue }
            // One sample may come without the axis of the batch.
            let full = given.count + 1 == shape.rank ? [1] + given : given
            guard full.count == shape.rank else { continue }
            // What the model fixes stays; several inputs behind each other are told apart later.
            shapes[input.name] = zip(shape.dimensions, full).enumerated().map { axis, pair in
                pair.0.isDynamic ? pair.1 : pair.0.size ?? pair.1
            }
        }
        return shapes
    }

    /// Unpacks the arrays.
    ///
    /// - Throws: `OptimizationError` if one is missing or does not fit, or they hold different numbers of inputs.
    func batch(for tensors: [TensorInfo]) throws -> ArrayBatch {
        var arrays: [String: ArrayBatch.Loaded] = [:]
        var rounds: Int?
        for tensor in tensors {
            guard let member = member(tensor.name) else {
                throw OptimizationError(
                    .unreadable, "there is no array for the input '\(tensor.name)' \(tensor.shape)", at: reader.path,
                    remedy: "the file holds \(reader.names.isEmpty ? "none" : reader.names.joined(separator: ", "))")
            }
            guard let count = Self.rounds(of: member.header.shape, tensor.shape), rounds == nil || rounds == count
            else {
                let others = rounds.map { $0 > 1 ? ", \($0) times" : "" } ?? ""
                throw OptimizationError(
                    .unreadable,
                    "the array '\(member.name)' has shape \(member.header.shape), and the input '\(tensor.name)' takes "
                        + "\(tensor.shape)\(others)", at: reader.path)
            }
            rounds = count
            let array = try reader.array(member)
            arrays[tensor.name] = ArrayBatch.Loaded(element: array.element, bytes: array.rowMajorBytes())
        }
        return ArrayBatch(arrays: arrays, rounds: rounds ?? 1, path: reader.path)
    }

    /// How many inputs of a shape an array holds: one, with or without an axis for the batch, or several along the first
    /// axis; nil if it does not fit.
    private static func rounds(of array: [Int], _ input: [Int]) -> Int? {
        if array == input || [1] + array == input { return 1 }
        guard let extent = array.first, let own = input.first, array.dropFirst() == input.dropFirst(), own > 0,
            extent > 0, extent % own == 0
        else { return nil }
        return extent / own
    }
}

/// Arrays that hold one or more inputs each.
struct ArrayBatch {
    struct Loaded {
        var element: ArrayElement
        var bytes: [UInt8]
    }

    fileprivate let arrays: [String: Loaded]
    /// How often the model runs.
    let rounds: Int
    private let path: String

    fileprivate init(arrays: [String: Loaded], rounds: Int, path: String) {
        self.arrays = arrays
        self.rounds = rounds
        self.path = path
    }

    /// Writes an input in the type that the model takes.
    func load(_ tensor: TensorInfo, round: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard let array = arrays[tensor.name] else { return }
        let size = array.bytes.count / rounds
        let bytes = Array(array.bytes[(round * size)..<((round + 1) * size)])
        if let form = NumPyForm(tensor.type), form.element == array.element {
            guard form.store(bytes, into: buffer) else {
                throw OptimizationError(
                    .internal, "\(bytes.count) bytes for an input of \(buffer.count)", at: tensor.name)
            }
        } else if let integers = bytes.withUnsafeBytes(array.element.integers), tensor.type.isInteger,
            tensor.quantization == nil
        {
            try InputEncoding.store(integers: integers, into: buffer, as: tensor)
        } else {
            // Real numbers, quantized where the input is.
            try InputEncoding.store(bytes.withUnsafeBytes(array.element.floats), into: buffer, as: tensor)
        }
    }
}

extension ArrayBatch: SampleSource {
    var count: Int { rounds }
    var isSynthetic: Bool { false }
    var summary: String { "\(rounds) sample\(rounds == 1 ? "" : "s") of \(path)" }

    func load(sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]) throws {
        for (tensor, buffer) in zip(tensors, buffers) { try load(tensor, round: sample, into: buffer) }
    }
}
