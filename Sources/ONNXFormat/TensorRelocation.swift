import COnnx
import ModelGraph

/// Gathers what goes into the file with external data.
final class ExternalDataWriter {
    /// The file's name, as the model gives it.
    let location: String
    private(set) var pieces: [(offset: Int, bytes: UnsafeRawBufferPointer)] = []
    private var end = 0

    /// Whole pages, so that readers can map each tensor by itself.
    private static let alignment = 4096

    init(location: String) { self.location = location }

    /// - Returns: where the bytes will stand.
    func add(_ bytes: UnsafeRawBufferPointer) -> Int {
        let offset =
            (end + ExternalDataWriter.alignment - 1) / ExternalDataWriter.alignment * ExternalDataWriter.alignment
        pieces.append((offset, bytes))
        end = offset + bytes.count
        return offset
    }

    func write(to file: AtomicFile) throws(FileError) {
        let padding = [UInt8](repeating: 0, count: ExternalDataWriter.alignment)
        var position = 0
        for piece in pieces {
            if piece.offset > position {
                let gap = TensorData(bytes: Array(padding.prefix(piece.offset - position)))
                try gap.withUnsafeBytes { (bytes) throws(FileError) in try file.write(bytes) }
            }
            try file.write(piece.bytes)
            position = piece.offset + piece.bytes.count
        }
    }
}

/// Moves the data of tensors into the model's file or out of it.
struct TensorRelocation {
    enum Target {
        case inline
        case file(ExternalDataWriter)
    }

    /// Smaller tensors stay in the model's file.
    private static let smallestExternal = 1024

    private let encoder: ModelEncoder
    private let target: Target
    private let files: Files
    private var draft: Draft { encoder.draft }

    init(_ encoder: ModelEncoder, to target: Target) {
        self.encoder = encoder
        self.target = target
        files = Files(encoder.source)
    }

    private final class Files {
        var external: ExternalFiles?

        init(_ source: ONNXSource?) {
            external = source.map { ExternalFiles(modelPath: $0.file.path, files: $0.externalFiles) }
        }
    }

    /// A copy of the model in which all tensors are where they belong.
    func rewritten(_ root: Message) throws(ONNXError) -> Message {
        let copy = try draft.copy(of: root)
        try replace(ONNX_MODEL_GRAPH, of: copy, graph)
        try replace(ONNX_MODEL_FUNCTIONS, of: copy) { (function) throws(ONNXError) in
            let copy = try draft.copy(of: function)
            try replace(ONNX_FUNCTION_NODE, of: copy, node)
            return copy
        }
        try replace(ONNX_MODEL_TRAINING_INFO, of: copy) { (info) throws(ONNXError) in
            let copy = try draft.copy(of: info)
            try replace(ONNX_TRAINING_INFO_INITIALIZATION, of: copy, graph)
            try replace(ONNX_TRAINING_INFO_ALGORITHM, of: copy, graph)
            return copy
        }
        return copy
    }

    private func replace(
        _ field: Field, of message: Message, _ body: (Message) throws(ONNXError) -> Message
    ) throws(ONNXError) {
        var children: [Message] = []
        for child in message.children(field) { children.append(try body(child)) }
        if children.isEmpty { return }
        if children.count == 1, !isRepeated(field, of: message) {
            try draft.set(field, of: message, to: children[0])
        } else {
            try draft.set(field, of: message, to: children)
        }
    }

    private func isRepeated(_ field: Field, of message: Message) -> Bool { onnx_is_repeated(message.pointer, field) }

    private func graph(_ graph: Message) throws(ONNXError) -> Message {
        let copy = try draft.copy(of: graph)
        try replace(ONNX_GRAPH_INITIALIZER, of: copy) { (tensor) throws(ONNXError) in
            try self.tensor(tensor, isInitializer: true)
        }
        try replace(ONNX_GRAPH_SPARSE_INITIALIZER, of: copy, sparse)
        try replace(ONNX_GRAPH_NODE, of: copy, node)
        return copy
    }

    private func sparse(_ sparse: Message) throws(ONNXError) -> Message {
        let copy = try draft.copy(of: sparse)
        for field in [ONNX_SPARSE_TENSOR_VALUES, ONNX_SPARSE_TENSOR_INDICES] { try replace(field, of: copy, attribute) }
        return copy
    }

    private func node(_ node: Message) throws(ONNXError) -> Message {
        guard node.has(ONNX_NODE_ATTRIBUTE) else { return node }
        let copy = try draft.copy(of: node)
        try replace(ONNX_NODE_ATTRIBUTE, of: copy) { (attribute) throws(ONNXError) in
            let copy = try draft.copy(of: attribute)
            for field in [ONNX_ATTRIBUTE_T, ONNX_ATTRIBUTE_TENSORS] { try replace(field, of: copy, self.attribute) }
            for field in [ONNX_ATTRIBUTE_SPARSE_TENSOR, ONNX_ATTRIBUTE_SPARSE_TENSORS] {
                try replace(field, of: copy, sparse)
            }
            for field in [ONNX_ATTRIBUTE_G, ONNX_ATTRIBUTE_GRAPHS] { try replace(field, of: copy, graph) }
            return copy
        }
        return copy
    }

    private func attribute(_ tensor: Message) throws(ONNXError) -> Message {
        try self.tensor(tensor, isInitializer: false)
    }

    private func tensor(_ tensor: Message, isInitializer: Bool) throws(ONNXError) -> Message {
        let isExternal = tensor.integer(ONNX_TENSOR_DATA_LOCATION) == 1
        let bytes: UnsafeRawBufferPointer
        if isExternal {
            guard let data = try files.external?.data(for: ExternalReference(tensor)) else { return tensor }
            bytes = encoder.retain(data)
        } else {
            guard isInitializer, tensor.has(ONNX_TENSOR_RAW_DATA), case .file = target else { return tensor }
            bytes = tensor.bytes(ONNX_TENSOR_RAW_DATA)
            if bytes.count < TensorRelocation.smallestExternal { return tensor }
        }
        let copy = try draft.copy(of: tensor)
        switch target {
        case .inline:
            TensorEncoder.clearData(of: copy, draft: draft)
            try draft.refer(ONNX_TENSOR_RAW_DATA, of: copy, to: bytes)
        case .file(let writer):
            try refer(copy, to: writer.location, offset: writer.add(bytes), length: bytes.count)
        }
        return copy
    }

    private func refer(_ tensor: Message, to location: String, offset: Int, length: Int) throws(ONNXError) {
        let replaced: Set = ["location", "offset", "length", "checksum"]
        var entries = tensor.children(ONNX_TENSOR_EXTERNAL_DATA).filter {
            !replaced.contains($0.text(ONNX_STRING_STRING_ENTRY_KEY))
        }
        for (key, value) in [("location", location), ("offset", "\(offset)"), ("length", "\(length)")] {
            let entry = try draft.make(for: ONNX_TENSOR_EXTERNAL_DATA, of: tensor)
            try draft.set(ONNX_STRING_STRING_ENTRY_KEY, of: entry, to: key)
            try draft.set(ONNX_STRING_STRING_ENTRY_VALUE, of: entry, to: value)
            entries.append(entry)
        }
        TensorEncoder.clearData(of: tensor, draft: draft)
        try draft.set(ONNX_TENSOR_EXTERNAL_DATA, of: tensor, to: entries)
        try draft.set(ONNX_TENSOR_DATA_LOCATION, of: tensor, to: Int64(1))
    }
}
