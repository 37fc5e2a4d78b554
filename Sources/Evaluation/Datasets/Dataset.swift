import ModelGraph
import Runtime

/// Samples from files, with their labels where there are any.
///
/// Opened from a `.npz` file (arrays `x` [N, …] and optionally `y`, or arrays named after the model's inputs), a `.npy`
/// file [N, …], one image, or a folder of images (see `ImageFolder`). Images are decoded and arrays unpacked only when a
/// sample is asked for.
package final class Dataset: SampleSource {
    package let path: String
    package let preprocessing: Preprocessing
    package let count: Int
    /// The class of each sample, counted from 0.
    package let labels: [Int]?
    package let summary: String
    package var isSynthetic: Bool { false }

    private enum Contents: Sendable {
        case arrays(ArraySet)
        case images(ImageFolder)
    }

    private let contents: Contents
    private let resizer = BilinearResizer()

    /// - Parameter limit: how many samples, from the first one on, are used; nil for all.
    /// - Throws: `DatasetError` if the path is none of the known forms, or holds no samples.
    package init(
        path: String, preprocessing: Preprocessing = Preprocessing(), limit: Int? = nil
    ) throws(DatasetError) {
        self.path = path
        self.preprocessing = preprocessing
        contents = try Self.open(path)
        let total: Int
        let unit: String
        let allLabels: [Int]?
        switch contents {
        case .arrays(let arrays):
            total = arrays.sampleCount
            unit = "sample"
            allLabels = try arrays.labels(count: min(total, limit ?? total))
        case .images(let folder):
            total = folder.paths.count
            unit = "image"
            allLabels = folder.labels
        }
        let count = max(0, min(total, limit ?? total))
        self.count = count
        guard count > 0 else { throw DatasetError(.empty, "the data set holds no samples", at: path) }
        labels = allLabels.map { Array($0.prefix(count)) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        summary = "\(count < total ? "the first \(count) of " : "")\(total) \(unit)\(total == 1 ? "" : "s") of \(name)"
    }

    private static func open(_ path: String) throws(DatasetError) -> Contents {
        if ImageFolder.isFolder(path) { return .images(try ImageFolder(path: path)) }
        let start: [UInt8]
        do throws(FileError) {
            let file = try MappedFile(path: path)
            start = withExtendedLifetime(file) { Array(file.bytes.prefix(6)) }
        } catch {
            throw DatasetError(.unreadable, "the data set cannot be read", cause: error)
        }
        switch start.prefix(2) {
        case [0x50, 0x4B]: return .arrays(try ArraySet(npz: path))
        case [0x93, 0x4E]: return .arrays(try ArraySet(npy: path))
        case [0xFF, 0xD8], [0x89, 0x50]: return .images(ImageFolder(image: path))
        default:
            throw DatasetError(
                .unreadable, "this is not a data set", at: path,
                remedy: "give a .npz or .npy file, an image, or a folder of JPEG or PNG images")
        }
    }

    package func load(
        sample: Int, into buffers: [UnsafeMutableRawBufferPointer], as tensors: [TensorInfo]
    ) throws {
        guard sample >= 0, sample < count, buffers.count == tensors.count else {
            throw DatasetError(.mismatch, "there is no sample \(sample) for \(buffers.count) inputs", at: path)
        }
        switch contents {
        case .arrays(let arrays):
            for (tensor, buffer) in zip(tensors, buffers) {
                let name = try arrays.name(for: tensor, ofInputs: tensors.count)
                try write(try arrays.array(name, count: count), sample, into: buffer, as: tensor)
            }
        case .images(let folder):
            guard tensors.count == 1 else {
                throw DatasetError(
                    .mismatch, "images feed one input, and the model has \(tensors.count)", at: path,
                    remedy: "give a .npz file with arrays named after the inputs")
            }
            try write(try Image(path: folder.paths[sample]), folder.paths[sample], into: buffers[0], as: tensors[0])
        }
    }

    private func write(
        _ array: NumericArray, _ sample: Int, into buffer: UnsafeMutableRawBufferPointer, as tensor: TensorInfo
    ) throws(DatasetError) {
        let shape = Array(array.shape.dropFirst())
        try array.require(sample: sample)
        if array.element == .float32, tensor.type == .float32, !preprocessing.resizes,
            let arrangement = SampleArrangement(sample: shape, input: tensor.shape),
            array.withSample(
                sample, { bytes in copy(bytes, arrangement, shape: shape, to: buffer) }) == true
        {
            return
        }
        let bytes = array.sampleBytes(sample)
        if tensor.type.isInteger, tensor.quantization == nil,
            let integers = bytes.withUnsafeBytes(array.element.integers)
        {
            // Identifiers and the like: scale and offset are for measured numbers.
            guard SampleArrangement(sample: shape, input: tensor.shape) == .same else {
                throw shapeMismatch(shape, tensor)
            }
            return try InputEncoding.store(integers: integers, into: buffer, as: tensor)
        }
        try write(
            bytes.withUnsafeBytes(array.element.floats), shape, isChannelsFirst: preprocessing.layout == .channelsFirst,
            into: buffer, as: tensor)
    }

    /// Writes real numbers without a copy in between.
    ///
    /// - Returns: false if the input is of another size.
    private func copy(
        _ bytes: UnsafeRawBufferPointer, _ arrangement: SampleArrangement, shape: [Int],
        to buffer: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard bytes.count == buffer.count else { return false }
        arrangement.copy(bytes, shape: shape, to: buffer)
        preprocessing.apply(to: buffer.assumingMemoryBound(to: Float.self))
        return true
    }

    private func write(
        _ image: Image, _ name: String, into buffer: UnsafeMutableRawBufferPointer, as tensor: TensorInfo
    ) throws(DatasetError) {
        guard let input = ImageInput(shape: tensor.shape) else {
            throw DatasetError(
                .mismatch, "the input '\(tensor.name)' of shape \(tensor.shape) takes no images", at: name)
        }
        let values = (input.channels == 1 ? image.luma : image.pixels).map { Float($0) }
        try write(
            values, [image.height, image.width, input.channels], isChannelsFirst: false, into: buffer, as: tensor,
            file: name)
    }

    private func write(
        _ values: [Float], _ shape: [Int], isChannelsFirst: Bool, into buffer: UnsafeMutableRawBufferPointer,
        as tensor: TensorInfo, file: String? = nil
    ) throws(DatasetError) {
        var values = values
        var shape = shape
        if preprocessing.resizes {
            try resize(&values, &shape, isChannelsFirst: isChannelsFirst, for: tensor)
        }
        preprocessing.apply(to: &values)
        guard let arrangement = SampleArrangement(sample: shape, input: tensor.shape) else {
            throw shapeMismatch(shape, tensor, file: file)
        }
        values = arrangement.apply(to: values, shape: shape)
        try InputEncoding.store(values, into: buffer, as: tensor)
    }

    /// Resizes a sample [height, width, channels], to the size asked for or else to the input's.
    private func resize(
        _ values: inout [Float], _ shape: inout [Int], isChannelsFirst: Bool, for tensor: TensorInfo
    ) throws(DatasetError) {
        if isChannelsFirst, shape.count == 3 {
            values = SampleArrangement.toChannelsLast.apply(to: values, shape: shape)
            shape = [shape[1], shape[2], shape[0]]
        }
        if shape.count == 2 { shape.append(1) }
        guard shape.count == 3 else { return }
        let wanted = preprocessing.resize.map { ImageInput.Size(height: $0.height, width: $0.width) }
        guard let size = wanted ?? ImageInput(shape: tensor.shape)?.size else { return }
        guard [size.height, size.width] != [shape[0], shape[1]] else { return }
        values = try resizer.resize(values, shape: shape, to: size)
        shape = [size.height, size.width, shape[2]]
    }

    private func shapeMismatch(_ shape: [Int], _ tensor: TensorInfo, file: String? = nil) -> DatasetError {
        let message =
            file == nil
            ? "the samples have shape \(shape), and the input '\(tensor.name)' takes \(tensor.shape)"
            : "the image is \(shape[1]) × \(shape[0]), and the input '\(tensor.name)' takes \(tensor.shape)"
        // Resizing leaves the channels as they are.
        let channels: [Int?] = shape.count == 2 ? [1] : [shape.first, shape.last]
        let input = ImageInput(shape: tensor.shape)
        let canResize = shape.count >= 2 && input?.size != nil && channels.contains(input?.channels)
        return DatasetError(
            .mismatch, message, at: file ?? path,
            remedy: canResize && preprocessing.resize == nil ? "--resize fits images to the input" : nil)
    }
}
