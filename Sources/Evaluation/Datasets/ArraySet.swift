import ModelGraph
import Runtime
import Synchronization

/// The arrays of a `.npz` or `.npy` file whose outermost axis counts samples.
final class ArraySet: Sendable {
    private let path: String
    private let reader: NPZReader?
    /// Arrays that have been unpacked; each is unpacked once.
    private let loaded: Mutex<[String: NumericArray]>
    /// The arrays that hold samples.
    let names: [String]
    let sampleCount: Int
    private let labelName: String?

    private static let labelNames = ["y", "labels", "label"]

    init(npy path: String) throws(DatasetError) {
        let array = try NumericArray(npy: path)
        self.path = path
        reader = nil
        names = [array.name]
        labelName = nil
        sampleCount = try Self.sampleCount(of: [(path, array.shape)], path: path)
        loaded = Mutex([array.name: array])
    }

    init(npz path: String, byteLimit: Int = NPZReader.defaultByteLimit) throws(DatasetError) {
        let reader = try NPZReader(path: path, byteLimit: byteLimit)
        self.path = path
        self.reader = reader
        labelName = reader.members.count > 1 ? Self.labelNames.first(where: reader.names.contains) : nil
        let label = labelName
        let members = reader.members.filter { $0.name != label }
        names = members.map(\.name)
        let counted = members.first { $0.name == "x" }.map { [$0] } ?? members
        sampleCount = try Self.sampleCount(of: counted.map { ($0.name, $0.header.shape) }, path: path)
        loaded = Mutex([:])
    }

    private static func sampleCount(
        of arrays: [(name: String, shape: [Int])], path: String
    ) throws(DatasetError) -> Int {
        var count: Int?
        for (name, shape) in arrays {
            guard let extent = shape.first else {
                throw DatasetError(
                    .mismatch, "the array '\(name)' is a single number", at: path,
                    remedy: "the outermost axis of an array counts the samples")
            }
            guard !shape.contains(0) || extent == 0 else {
                throw DatasetError(
                    .mismatch, "the samples of the array '\(name)' of shape \(shape) hold no elements", at: path)
            }
            if let count, count != extent {
                throw DatasetError(
                    .mismatch, "the arrays hold different numbers of samples: \(count), and \(extent) in '\(name)'",
                    at: path)
            }
            count = extent
        }
        return count ?? 0
    }

    /// The array, of at least `count` samples, each of which has to be required before it is read.
    func array(_ name: String, count: Int) throws(DatasetError) -> NumericArray {
        try loaded.withLock { (loaded: inout [String: NumericArray]) throws(DatasetError) -> NumericArray in
            if let array = loaded[name] { return array }
            guard let reader, let member = reader.member(name) else {
                throw DatasetError(.mismatch, "there is no array '\(name)'", at: path)
            }
            let array = try reader.growingArray(member, prefix: count)
            guard let extent = array.shape.first, extent >= count else {
                throw DatasetError(
                    .mismatch, "the array '\(name)' of shape \(member.header.shape) holds fewer than \(count) samples",
                    at: path)
            }
            loaded[name] = array
            return array
        }
    }

    /// The name of the array for one of a model's inputs.
    ///
    /// An array named as the input; for a model of one input also `x`, or the only array.
    func name(for tensor: TensorInfo, ofInputs inputCount: Int) throws(DatasetError) -> String {
        var candidates = [tensor.name]
        let base = tensor.name.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        candidates.append(base)
        if base.hasPrefix("serving_default_") { candidates.append(String(base.dropFirst("serving_default_".count))) }
        if inputCount == 1 {
            candidates.append("x")
            if names.count == 1 { candidates.append(names[0]) }
        }
        guard let name = candidates.first(where: names.contains) else {
            throw DatasetError(
                .mismatch, "there is no array for the input '\(tensor.name)'; there is \(Self.list(names))", at: path,
                remedy: "name the arrays after the model's inputs")
        }
        return name
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
        return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }

    /// The classes of the first `count` samples: whole numbers [N] or [N, 1], or one-hot rows [N, C].
    ///
    /// nil if there are none, or if they are no classes but real numbers.
    func labels(count: Int) throws(DatasetError) -> [Int]? {
        guard let labelName, let reader, let member = reader.member(labelName) else { return nil }
        let array = try reader.array(member)
        guard let extent = array.shape.first, extent == sampleCount else {
            throw DatasetError(
                .mismatch, "the labels '\(labelName)' have shape \(array.shape), and there are \(sampleCount) samples",
                at: path)
        }
        let classCount = array.shape.dropFirst().reduce(1, *)
        let bytes = array.rowMajorBytes()
        if classCount == 1, let integers = bytes.withUnsafeBytes(array.element.integers) {
            return integers.prefix(count).map { Int($0) }
        }
        let values = bytes.withUnsafeBytes(array.element.floats)
        if classCount == 1 {
            let labels = values.prefix(count).map { Int(exactly: $0) }
            return labels.contains(nil) ? nil : labels.compactMap { $0 }
        }
        guard array.shape.count == 2, classCount > 1 else {
            throw DatasetError(
                .mismatch, "the labels '\(labelName)' have shape \(array.shape)", at: path,
                remedy: "labels are class numbers [N] or one-hot rows [N, classes]")
        }
        return (0..<min(count, sampleCount)).map { row in
            Classification.firstMaximum(values[(row * classCount)..<((row + 1) * classCount)])
        }
    }
}
