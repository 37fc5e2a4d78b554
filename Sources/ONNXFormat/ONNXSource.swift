import COnnx
import ModelGraph

/// What is kept of the .onnx file that a model was read from.
package final class ONNXSource: OperatorSetSource, @unchecked Sendable {
    // Nothing writes to the file's messages after they were opened, nor to the rest after `ONNXReader` is done.

    /// Where a value of the graph stands in the file.
    enum Origin: Equatable {
        case input
        /// `isInput` if callers may feed another value in its place.
        case initializer(Int, isInput: Bool)
        case sparseInitializer(Int, isInput: Bool)
        /// A node of type Constant, which the graph does not have as a node.
        case constantNode(Int)
        case nodeOutput
        /// An operand that the file holds as an attribute.
        case attribute
        /// An output that the file leaves out.
        case omitted
    }

    package let file: MappedFile
    package var format: ModelFormat { .onnx }
    let root: Message
    let graphMessage: Message
    private let handle: OpaquePointer

    /// The version of each imported operator set; ai.onnx is the empty name.
    package let operatorSets: [String: Int]
    /// The main graph as it was read.
    var original = Graph(name: "")
    /// Indexed by value.
    var origins: [Origin] = []
    /// Whether a tensor anywhere in the model keeps its data in another file.
    package var hasExternalData: Bool { onnx_external_tensor_count(handle) > 0 }
    /// The files that hold external data of the main graph, by their location in the model.
    var externalFiles: [String: MappedFile] = [:]
    /// The files that hold external data, in the order of their locations.
    package var dataFiles: [MappedFile] { externalFiles.sorted { $0.key < $1.key }.map(\.value) }

    /// - Throws: `ONNXError` if the file is not a model.
    init(_ file: MappedFile) throws(ONNXError) {
        var error = onnx_error()
        let start = file.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let start, let handle = onnx_open(start, file.bytes.count, &error) else {
            throw ONNXSource.failure(start == nil ? nil : error, file: file)
        }
        guard let root = onnx_root(handle), let graph = onnx_child(root, ONNX_MODEL_GRAPH, 0) else {
            onnx_close(handle)
            throw ONNXError(.notONNX, "the model has no graph", at: file.path)
        }
        self.file = file
        self.handle = handle
        self.root = Message(root)
        graphMessage = Message(graph)
        var operatorSets: [String: Int] = [:]
        for entry in self.root.children(ONNX_MODEL_OPSET_IMPORT) {
            let domain = entry.text(ONNX_OPERATOR_SET_ID_DOMAIN)
            operatorSets[domain == "ai.onnx" ? "" : domain] = Int(entry.integer(ONNX_OPERATOR_SET_ID_VERSION))
        }
        self.operatorSets = operatorSets
    }

    deinit { onnx_close(handle) }

    private static func failure(_ error: onnx_error?, file: MappedFile) -> ONNXError {
        guard let error else { return ONNXError(.notONNX, "the file is empty", at: file.path) }
        let text = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let code: ONNXErrorCode = error.status == ONNX_MALFORMED ? .malformed : .unsupported
        return ONNXError(code, text, at: "\(file.path), byte \(error.offset)")
    }
}

extension ONNXSource {
    func origin(of value: Value) -> Origin? {
        guard let index = value.source?.index, origins.indices.contains(index) else { return nil }
        return origins[index]
    }

    /// Whether the value is in the file as it is now, under its identifier.
    func isUnchanged(_ id: ValueID, in graph: Graph) -> Bool {
        guard graph.contains(id), original.contains(id) else { return false }
        let (new, old) = (graph[id], original[id])
        return new.source == old.source && new.name == old.name && hasSameContent(new, old)
    }

    /// Whether both values are the same but for their names.
    func hasSameContent(_ a: Value, _ b: Value) -> Bool {
        a.type == b.type && a.shape == b.shape && a.quantization == b.quantization && a.isSparse == b.isSparse
            && a.isVariable == b.isVariable && ONNXSource.isSame(a.constant, b.constant)
    }

    /// Whether both are the same bytes in memory: weights are not compared one by one.
    static func isSame(_ a: TensorData?, _ b: TensorData?) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return a.byteCount == b.byteCount
            && a.withUnsafeBytes { left in b.withUnsafeBytes { right in left.baseAddress == right.baseAddress } }
    }

    func isUnchanged(_ id: NodeID, in graph: Graph) -> Bool {
        guard graph.contains(id), original.contains(id) else { return false }
        let (new, old) = (graph[id], original[id])
        return new.source == old.source && new.name == old.name && new.inputs == old.inputs
            && new.outputs == old.outputs && new.implicitInputs == old.implicitInputs
            && new.operation.isEqual(to: old.operation)
    }

    /// Whether nothing was changed since the model was read.
    func isUnchanged(_ graph: Graph) -> Bool {
        graph.name == original.name && graph.order == original.order && graph.inputs == original.inputs
            && graph.outputs == original.outputs && graph.valueTable.count == original.valueTable.count
            && graph.valueIDs.count == original.valueIDs.count
            && graph.valueIDs.allSatisfy { isUnchanged($0, in: graph) }
            && graph.order.allSatisfy { isUnchanged($0, in: graph) }
    }
}
